import type { KubeObject } from '../objects.ts';
import type { Resource } from '../registry/resources.ts';
import { parseFieldSelector } from '../selectors/fields.ts';
import { parseLabelSelector } from '../selectors/labels.ts';
import { ApiError, badRequest, invalid } from '../status.ts';
import { type FieldError, forbiddenField, notSupported } from '../validation/field-error.ts';

/** The parameters of a list or a watch, checked. */
export type ListOptions = {
  readonly matches: (object: KubeObject) => boolean;
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly match: string;
  readonly watch: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly initialEvents: boolean | undefined;
};

/** A parameter that is a whole number, 0 when absent. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?[0-9]{1,15}$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function flag(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : text === '' || text === 'true' || text === '1';
}

function violations(options: ListOptions): FieldError[] {
  const { match, resourceVersion, continueToken, initialEvents, watch } = options;
  const field = 'resourceVersionMatch';
  const errors: FieldError[] = [];
  const refuse = (why: string) =>
    errors.push(forbiddenField(field, `resourceVersionMatch is forbidden ${why}`));
  if (watch) {
    if (match !== '' && initialEvents === undefined) refuse('for watch unless sendInitialEvents is provided');
    if (initialEvents === true && match !== 'NotOlderThan') {
      errors.push(
        forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
      );
    }
    return errors;
  }
  if (match !== '') {
    if (resourceVersion === '') refuse('unless resourceVersion is provided');
    if (continueToken !== '') refuse('when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (initialEvents !== undefined) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

/** A version that is no number; the real server answers a watch with an error that has no reason. */
function unreadableVersion({ resourceVersion, watch }: ListOptions): ApiError {
  const text = `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`;
  return watch ? new ApiError(500, '', text) : badRequest(`invalid resource version: ${text}`);
}

export function parseListOptions(
  resource: Resource,
  namespace: string | undefined,
  query: URLSearchParams,
): ListOptions {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(resource, query.get('fieldSelector') ?? '');
  const options: ListOptions = {
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labels(object.metadata.labels ?? {}) &&
      fields(object),
    limit: Math.max(0, wholeNumber(query, 'limit') ?? 0),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    match: query.get('resourceVersionMatch') ?? '',
    watch: flag(query, 'watch') ?? false,
    bookmarks: flag(query, 'allowWatchBookmarks') ?? false,
    timeoutSeconds: wholeNumber(query, 'timeoutSeconds'),
    initialEvents: flag(query, 'sendInitialEvents'),
  };
  const errors = violations(options);
  if (errors.length > 0) throw invalid('ListOptions', 'meta.k8s.io', '', errors);
  if (!/^[0-9]*$/.test(options.resourceVersion)) throw unreadableVersion(options);
  return options;
}

import type { KubeObject } from '../objects.ts';
import type { Resource } from '../registry/resources.ts';
import { parseFieldSelector } from '../selectors/fields.ts';
import { parseLabelSelector } from '../selectors/labels.ts';
import { type FieldError, forbiddenField, invalidValue, notSupported } from '../validation/field-error.ts';
import { badRequest, invalid } from './status.ts';

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
    throw badRequest(`invalid query parameter ${name}: ${JSON.stringify(text)} is not a number`);
  return Number(text);
}

function flag(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : text === '' || text === 'true' || text === '1';
}

function violations(options: ListOptions): FieldError[] {
  const { match, resourceVersion, continueToken, initialEvents, watch, bookmarks } = options;
  const errors: FieldError[] = [];
  const field = 'resourceVersionMatch';
  if (initialEvents !== undefined && !watch) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (watch && match !== '' && initialEvents === undefined) {
    errors.push(
      forbiddenField(
        field,
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (initialEvents === true) {
    if (match !== 'NotOlderThan') {
      errors.push(
        forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
      );
    }
    if (!bookmarks)
      errors.push(forbiddenField('allowWatchBookmarks', 'sendInitialEvents requires allowWatchBookmarks'));
  }
  if (watch || match === '') return errors;
  if (resourceVersion === '')
    errors.push(
      forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    );
  if (continueToken !== '')
    errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && resourceVersion === '0') {
    errors.push(forbiddenField(field, 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
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
  if (!/^[0-9]*$/.test(options.resourceVersion)) {
    errors.push(
      invalidValue('resourceVersion', options.resourceVersion, 'strconv.ParseUint: invalid syntax'),
    );
  }
  if (errors.length > 0) throw invalid('ListOptions', 'meta.k8s.io', '', errors);
  return options;
}

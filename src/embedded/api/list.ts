import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { objectKey } from '../objects.ts';
import type { Resource } from '../registry/resources.ts';
import { ApiError, badRequest, expired } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { listKind } from './discovery.ts';
import type { ListOptions } from './list-options.ts';

type Continue = { rv: number; after: string };

const TOO_OLD_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

function encode(token: Continue): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decode(text: string): Continue {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (isRecord(token) && typeof token.rv === 'number' && typeof token.after === 'string') {
      return { rv: token.rv, after: token.after };
    }
  } catch {
    // Told below, like any other text that is no token.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

function tooLarge(wanted: number, current: number): ApiError {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Timeout: Too large resource version: ${wanted}, current: ${current}`;
  return new ApiError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

/** The revision that a list is taken at: an exact one when that is asked for, which a limit without a match also does. */
function revisionFor(store: Store, options: ListOptions): number {
  const wanted = Number(options.resourceVersion || '0');
  const current = store.revision();
  if (wanted > current) throw tooLarge(wanted, current);
  const exact = options.match === 'Exact' || (options.match === '' && options.limit > 0 && wanted > 0);
  return exact ? wanted : current;
}

/** One page of a list, as a body. The token continues it at the same revision, as long as the history reaches back that far. */
export function listPage(store: Store, resource: Resource, options: ListOptions): Record<string, unknown> {
  const from = options.continueToken === '' ? undefined : decode(options.continueToken);
  const revision = from?.rv ?? revisionFor(store, options);
  const all = store.listAt(resource.plural, revision);
  if (all === undefined) {
    throw expired(
      from === undefined ? `The resourceVersion for the provided list is too old.` : TOO_OLD_TOKEN,
    );
  }
  const rest = from === undefined ? all : all.filter((object) => objectKey(object) > from.after);
  const found = rest.filter(options.matches);
  const limit = options.limit > 0 ? options.limit : found.length;
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length - items.length;
  const paging =
    more > 0 && last !== undefined
      ? { continue: encode({ rv: revision, after: objectKey(last) }), remainingItemCount: more }
      : {};
  return {
    ...listKind(resource),
    metadata: { resourceVersion: String(revision), ...paging },
    items: items.map(withoutKind),
  };
}

/** Items of a list do not repeat what the list says. */
function withoutKind({ apiVersion: _version, kind: _kind, ...item }: KubeObject): Record<string, unknown> {
  return item;
}

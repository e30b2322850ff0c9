import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, badRequest, methodNotAllowed, noSuchResource, unauthorized } from '../status.ts';
import { accessReview, coreVersions, groupList, groupOf, resourceList, versionOf } from './discovery.ts';
import { type Exchange, readJson, sendError, sendJson, sendText } from './exchange.ts';
import { authorizedPath, isLoopbackHost } from './guard.ts';
import { listPage } from './list.ts';
import { parseListOptions } from './list-options.ts';
import { parseRoute, type Route } from './route.ts';
import { serveWatch, type WatchDeps } from './watch.ts';
import { create, patch, remove, removeAll, update, type WriteDeps } from './write.ts';

export type HandlerDeps = WatchDeps &
  WriteDeps & {
    readonly token: string;
    readonly serveLog: (exchange: Exchange, namespace: string, pod: string) => Promise<void>;
    /** Told of a failure that is no refusal. */
    readonly onError: (error: unknown) => void;
  };

async function serveCollection(
  deps: HandlerDeps,
  exchange: Exchange,
  route: Route & { kind: 'collection' },
): Promise<void> {
  const { resource, namespace } = route;
  switch (exchange.request.method) {
    case 'GET': {
      const options = parseListOptions(resource, namespace, exchange.query);
      if (options.watch) return serveWatch(deps, exchange, resource, options);
      return sendJson(exchange.response, 200, listPage(deps.store, resource, options));
    }
    case 'POST':
      if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
      return create(deps, exchange, resource, namespace);
    case 'DELETE':
      return removeAll(deps, exchange, resource, namespace);
    default:
      throw methodNotAllowed();
  }
}

async function serveObject(
  deps: HandlerDeps,
  exchange: Exchange,
  route: Route & { kind: 'object' },
): Promise<void> {
  const { resource, namespace, name, subresource } = route;
  const target = { namespace, ...route };
  const { method } = exchange.request;
  if (subresource === 'log' && resource.plural === 'pods') {
    if (method !== 'GET') throw methodNotAllowed();
    return deps.serveLog(exchange, namespace ?? '', name);
  }
  if (subresource !== undefined && (subresource !== 'status' || !resource.status)) {
    throw noSuchResource();
  }
  switch (method) {
    case 'GET':
      return sendJson(exchange.response, 200, deps.registry.get(resource, namespace, name));
    case 'PUT':
      return update(deps, exchange, target);
    case 'PATCH':
      return patch(deps, exchange, target);
    case 'DELETE':
      if (subresource !== undefined) throw methodNotAllowed();
      return remove(deps, exchange, target);
    default:
      throw methodNotAllowed();
  }
}

async function serveRoute(deps: HandlerDeps, exchange: Exchange, route: Route): Promise<void> {
  const { request, response } = exchange;
  if (route.kind === 'collection') return serveCollection(deps, exchange, route);
  if (route.kind === 'object') return serveObject(deps, exchange, route);
  if (route.kind === 'access-review') {
    if (request.method !== 'POST') throw methodNotAllowed();
    return sendJson(response, 201, accessReview(await readJson(request)));
  }
  if (route.kind === 'missing') throw noSuchResource();
  if (request.method !== 'GET') throw methodNotAllowed();
  switch (route.kind) {
    case 'version':
      return sendJson(response, 200, versionOf());
    case 'health':
      return sendText(response, 200, 'ok');
    case 'core-versions':
      return sendJson(response, 200, coreVersions());
    case 'groups':
      return sendJson(response, 200, groupList());
    case 'group':
      return sendJson(response, 200, groupOf(route.group));
    case 'resources':
      return sendJson(response, 200, resourceList(route.group, route.version));
    case 'unknown':
      return sendText(response, 404, '404 page not found\n');
  }
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  try {
    return { request, response, path: decodeURIComponent(path), query: new URLSearchParams(query) };
  } catch {
    throw badRequest('the path of the request is not valid');
  }
}

/** Answers every request: the guard first, then the route. Never rejects. */
export function createHandler(
  deps: HandlerDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      if (!isLoopbackHost(request.headers.host)) {
        throw new ApiError(
          403,
          'Forbidden',
          'the embedded cluster answers only requests to this machine itself',
        );
      }
      const asked = exchangeOf(request, response);
      const path = authorizedPath(asked.path, request.headers.authorization, deps.token);
      if (path === undefined) throw unauthorized();
      await serveRoute(deps, { ...asked, path }, parseRoute(path));
    } catch (error) {
      if (!(error instanceof ApiError)) deps.onError(error);
      sendError(response, error);
    }
  };
}

import type { ApiRequestOptions, ApiResponse } from './control-plane/api.ts';

/** One request with a JSON body to a server that speaks plain HTTP. */
export async function fetchJson(
  url: URL,
  method: string,
  body?: unknown,
  options: ApiRequestOptions = {},
): Promise<ApiResponse> {
  const type =
    options.contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
  const response = await fetch(url, {
    method,
    headers: { accept: 'application/json', 'content-type': type, ...options.headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}

// The registry of a node: it has no image, and the name says which way.
import { createServer } from 'node:http';

/** Inside the node's network namespace. */
export const registryAddress = '127.0.0.1:5000';

/** By a word in the image's name: the status, the code of the distribution API, and the message. */
const answers: Readonly<Record<string, readonly [number, string, string]>> = {
  denied: [403, 'DENIED', 'requested access to the resource is denied'],
  unauthorized: [401, 'UNAUTHORIZED', 'authentication required'],
  'rate-limited': [429, 'TOOMANYREQUESTS', 'rate limit exceeded'],
  broken: [500, 'UNKNOWN', 'internal server error'],
};
const unknown = [404, 'MANIFEST_UNKNOWN', 'manifest unknown'] as const;

if (import.meta.main) {
  const [host, port] = registryAddress.split(':');
  createServer(({ url = '' }, response) => {
    const [status, code, message] =
      Object.entries(answers).find(([word]) => url.includes(word))?.[1] ?? unknown;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code, message }] }));
  }).listen(Number(port), host);
}

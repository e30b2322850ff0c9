import type { Behaviour } from './server.ts';

/** An object as small as the API allows. */
export type TestObject = {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
};

/** `thing('a', 3)` is the object a, with uid `uid-a`, at version 3. */
export const thing = (name: string, version: number | string, uid = `uid-${name}`): TestObject => ({
  metadata: { uid, name, namespace: 'ns', resourceVersion: String(version) },
});

export const added = (object: TestObject) => ({ type: 'ADDED', object });
export const modified = (object: TestObject) => ({ type: 'MODIFIED', object });
export const deleted = (object: TestObject) => ({ type: 'DELETED', object });
export const bookmark = (version: number | string, annotations: Record<string, string> = {}) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: String(version), annotations } },
});
export const endOfInitialEvents = (version: number | string) =>
  bookmark(version, { 'k8s.io/initial-events-end': 'true' });
export const errorFrame = (code: number, reason: string, details: object = {}) => ({
  type: 'ERROR',
  object: { kind: 'Status', code, reason, message: `told by a frame: ${reason}`, details },
});

/** Answers JSON. */
export const json =
  (body: unknown, status = 200, headers: Record<string, string | string[]> = {}): Behaviour =>
  (_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

/** Answers with a Status object. */
export const refuse = (
  code: number,
  reason: string,
  { message = reason, retryAfter, details }: { message?: string; retryAfter?: number; details?: object } = {},
): Behaviour =>
  json(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details },
    code,
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  );

/** Answers with what no API server would say. */
export const page =
  (status: number, text: string): Behaviour =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'text/html' }).end(text);

/** One page of a list. */
export const list = (
  items: readonly TestObject[],
  { version = '1', token }: { version?: number | string; token?: string } = {},
): Behaviour =>
  json({ kind: 'List', metadata: { resourceVersion: String(version), continue: token }, items });

type Frame = object | string | Buffer;
const wire = (frame: Frame) =>
  typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : `${JSON.stringify(frame)}\n`;

/** A watch that sends these frames (text goes out as it is) and then stays open and silent. */
export const hang =
  (...frames: readonly Frame[]): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    for (const frame of frames) response.write(wire(frame));
  };

/** A watch that sends these frames and then ends in good order. */
export const close =
  (...frames: readonly Frame[]): Behaviour =>
  async (request, response, socket) => {
    await hang(...frames)(request, response, socket);
    response.end();
  };

/** Cuts the connection instead of an answer. */
export const reset = (): Behaviour => (_, __, socket) => socket.resetAndDestroy() && undefined;

/** Takes the request and says nothing. */
export const stall = (): Behaviour => () => undefined;

/** Sends headers and the start of a body, and then nothing more. */
export const stallMidBody =
  (start: string): Behaviour =>
  (_, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': String(start.length + 100),
    });
    response.write(start);
  };

/** Sends one byte now and then, for ever. */
export const drip =
  (everyMs = 5): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), everyMs);
    response.on('close', () => clearInterval(timer));
  };

/** A body of that many bytes, in chunks. */
export const huge =
  (bytes: number): Behaviour =>
  async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const closed = new Promise((resolve) => response.once('close', resolve));
    for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk.length) {
      if (!response.write(chunk)) {
        await Promise.race([closed, new Promise((resolve) => response.once('drain', resolve))]);
      }
    }
    response.end();
  };

/** Holds the answer back until the gate opens. */
export const gated =
  (gate: Promise<unknown>, then: Behaviour): Behaviour =>
  async (request, response, socket) => {
    await gate;
    await then(request, response, socket);
  };

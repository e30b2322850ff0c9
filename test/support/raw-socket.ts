import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawSocket {
  readonly socket: Socket;
  /** What has come, as text of one byte a character. */
  readonly received: () => string;
  readonly isClosed: () => boolean;
}

/** A connection that says what it is told; destroyed after the test. */
export async function rawSocket(
  port: number,
  ...bytes: readonly (string | Uint8Array)[]
): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1');
  let [received, closed] = ['', false];
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  for (const each of bytes) socket.write(each);
  return { socket, received: () => received, isClosed: () => closed };
}

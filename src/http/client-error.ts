import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's parser or timers object to, as it is counted, and the status that Node would answer. */
const kinds: Readonly<Record<string, readonly [why: string, status: number]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['slow_request', 408],
  HPE_HEADER_OVERFLOW: ['headers', 431],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['headers', 413],
};

/** Answers what is no request, as Node does where nobody counts it, and closes the connection. */
export function refuseGarbage(
  error: Error & { readonly code?: string },
  socket: Socket,
  onRefused: (why: string) => void,
): void {
  // A client that has gone is nobody's fault.
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [why, status] = kinds[error.code ?? ''] ?? ['protocol', 400];
  onRefused(why);
  // Behind an answer that has begun there is no room for another.
  if (socket.bytesWritten > 0) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

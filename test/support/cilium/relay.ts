// Passes connections on: from an address to another, each a HOST:PORT or the path of a socket. Through a socket of the file system a
// connection comes from one network namespace into another.
//   node relay.ts FROM TO
import { createConnection, createServer } from 'node:net';

const at = (text = ''): { path: string } | { host: string; port: number } => {
  if (text.startsWith('/')) return { path: text };
  const [host = '', port] = text.split(':');
  return { host, port: Number(port) };
};

const [from, to] = process.argv.slice(2).map(at);
if (from === undefined || to === undefined) throw new Error('usage: relay.ts FROM TO');

createServer({ allowHalfOpen: true }, (near) => {
  const far = createConnection({ ...to, allowHalfOpen: true });
  // Whichever end breaks, breaks the other.
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
  near.pipe(far).pipe(near);
}).listen(from);

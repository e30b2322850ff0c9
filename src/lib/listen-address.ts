/** Where to listen: a TCP host and port, or a socket in the file system. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * Parses HOST:PORT, [IPV6]:PORT, unix:PATH and unix:///PATH. Port 0 lets the system choose.
 * @throws Error that shows the right form
 */
export function parseListenAddress(text: string): ListenAddress {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(text);
  if (unix?.[1] !== undefined) return { kind: 'unix', path: unix[1] };
  const tcp = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[3]);
  if (tcp === null || port > 65_535) {
    throw new Error(
      `"${text}" is no address to listen on: use HOST:PORT such as 127.0.0.1:50051, [::1]:50051 or unix:/path/to/socket`,
    );
  }
  return { kind: 'tcp', host: tcp[1] ?? tcp[2] ?? '', port };
}

/** Where a server listens; for a unix socket the host is its address and the port 0. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** As a client dials it: HOST:PORT, [IPV6]:PORT or unix:PATH. */
  readonly address: string;
}

/** The address with the port that the system chose. */
export function listening(parsed: ListenAddress, port: number): Listening {
  if (parsed.kind === 'unix') return { host: `unix:${parsed.path}`, port: 0, address: `unix:${parsed.path}` };
  const host = parsed.host.includes(':') ? `[${parsed.host}]` : parsed.host;
  return { host: parsed.host, port, address: `${host}:${port}` };
}

import { CredentialsError } from './credentials.ts';

/** The server's URL, or why it is not usable. Plain HTTP sends the token in the clear, so it must stay on loopback. */
export function checkedServer(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'https:') return server;
  if (url?.protocol !== 'http:') throw new CredentialsError('the cluster has no http(s) server URL');
  const host = url.hostname;
  if (host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)) return server;
  throw new CredentialsError(
    `plain HTTP to ${url.host} is refused: it would send the credentials in the clear`,
  );
}

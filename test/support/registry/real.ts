import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findBinary } from '../control-plane/binaries.ts';
import { imageType, manifestOf, sha256 } from './fake.ts';

/** The distribution project's registry, on a folder of its own. */
export interface RealRegistry {
  /** 127.0.0.1:PORT. */
  readonly host: string;
  /** Puts an image there, or another one under the same tag; returns its digest. */
  push(repository: string, tag: string, content?: string): Promise<string>;
  /** Puts any manifest there. */
  pushManifest(repository: string, tag: string, mediaType: string, body: string): Promise<string>;
  /** What it serves under a digest is this from now on: as if somebody had written into its storage. */
  tamper(digest: string, change: (content: string) => string): Promise<void>;
  /** Ends it; what it has stays. */
  stop(): Promise<void>;
  /** After a stop: on the same port. */
  start(): Promise<void>;
  /** Ends it for good. */
  destroy(): Promise<void>;
}

/** The one who may use a private registry. */
export const login = { user: 'robot', password: 'the-password' };
/** Bcrypt of that password, which is what the registry takes. */
const htpasswd = `${login.user}:$2a$05$g.rU5r.Q7qdXPKvot.QbAe4bndSWhqnDZByBNwcBXx.aXypuajKxO\n`;

export async function startRealRegistry({ isPrivate = false } = {}): Promise<RealRegistry> {
  const program = findBinary('registry');
  if (program === undefined) throw new Error('the registry is not built');
  const folder = await mkdtemp(join(tmpdir(), 'glip-registry-'));
  const data = join(folder, 'data');
  const config = join(folder, 'config.yml');
  await writeFile(join(folder, 'htpasswd'), htpasswd);
  let child: ChildProcess | undefined;
  let host = '127.0.0.1:0';
  const end = () => void child?.kill('SIGKILL');
  process.once('exit', end);

  const start = async (): Promise<void> => {
    const auth = isPrivate ? { auth: { htpasswd: { realm: 'x', path: join(folder, 'htpasswd') } } } : {};
    const storage = { filesystem: { rootdirectory: data } };
    await writeFile(
      config,
      JSON.stringify({ version: 0.1, storage, http: { addr: host, secret: 'x' }, ...auth }),
    );
    const started = spawn(program, ['serve', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
    });
    child = started;
    host = await listening(started);
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const send = async (method: string, url: URL, body: string, type: string): Promise<Response> => {
    const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
    const answer = await fetch(url, { method, body, headers: { authorization, 'content-type': type } });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const pushManifest: RealRegistry['pushManifest'] = async (repository, tag, mediaType, body) => {
    await send('PUT', new URL(`http://${host}/v2/${repository}/manifests/${tag}`), body, mediaType);
    return sha256(body);
  };

  await start();
  return {
    get host() {
      return host;
    },
    async push(repository, tag, content = tag) {
      const base = `http://${host}/v2/${repository}/blobs/uploads/`;
      const upload = await send('POST', new URL(base), '', 'application/octet-stream');
      const place = new URL(upload.headers.get('location') ?? '', base);
      place.searchParams.set('digest', sha256('{}'));
      await send('PUT', place, '{}', 'application/octet-stream');
      return pushManifest(repository, tag, imageType, manifestOf(content));
    },
    pushManifest,
    async tamper(digest, change) {
      const hex = digest.replace('sha256:', '');
      const file = join(data, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
      await writeFile(file, change(await readFile(file, 'utf8')));
    },
    stop,
    start,
    async destroy() {
      await stop();
      process.off('exit', end);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Where it listens, as its log says. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return reject(new Error('its log is not piped'));
    let last = '';
    child.once('exit', (code) => reject(new Error(`the registry ended with ${code}: ${last}`)));
    createInterface(child.stderr).on('line', (line) => {
      last = line;
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (host !== undefined) resolve(host);
    });
  });
}

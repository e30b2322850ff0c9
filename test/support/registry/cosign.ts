import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findBinary } from '../control-plane/binaries.ts';
import { login } from './real.ts';

/** A key pair as cosign makes it. */
export interface CosignKey {
  /** PEM. */
  readonly publicKey: string;
  readonly file: string;
}

/** The real cosign, which knows nobody but the registry that it is told of. */
export interface Cosign {
  newKey(): Promise<CosignKey>;
  /** Signs `registry/repository@digest`: in a bundle, as version 3 does, or as the versions before. */
  sign(image: string, key: CosignKey, format?: 'bundle' | 'classic'): Promise<void>;
  /** Signs with a certificate for that address instead of a key, as whoever the issuer knows. */
  signAs(image: string, subject: string, issuer: string): Promise<void>;
  /** The trusted root of those certificates; JSON. */
  trustedRoot(): Promise<string>;
  /** Another statement about it, signed with the same key. */
  attest(image: string, key: CosignKey): Promise<void>;
  run(...args: readonly string[]): Promise<string>;
  destroy(): Promise<void>;
}

const execute = promisify(execFile);

export async function openCosign(): Promise<Cosign> {
  const program = findBinary('cosign');
  if (program === undefined) throw new Error('cosign is not built');
  const folder = await mkdtemp(join(tmpdir(), 'glip-cosign-'));
  const path = (name: string) => join(folder, name);
  const config = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
  await writeFile(
    path('signing.json'),
    JSON.stringify({ mediaType: config, rekorTlogConfig: {}, tsaConfig: {} }),
  );
  const root = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
  await writeFile(path('root.json'), JSON.stringify({ mediaType: root }));
  await writeFile(path('predicate.json'), '{}');
  // Nobody is logged, and no public service is asked: a proxy that is not there makes sure.
  const env = {
    ...process.env,
    HOME: folder,
    COSIGN_PASSWORD: '',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  };
  const run: Cosign['run'] = async (...args) => {
    const { stdout } = await execute(program, args, { env, timeout: 60_000, cwd: folder });
    return stdout;
  };
  const registry = [
    '--allow-http-registry',
    '--registry-username',
    login.user,
    '--registry-password',
    login.password,
  ];
  const alone = ['--signing-config', path('signing.json'), '--trusted-root', path('root.json')];
  let keys = 0;
  let authorities: ReturnType<typeof startAuthorities> | undefined;
  return {
    run,
    async newKey() {
      keys += 1;
      const directory = path(`key-${keys}`);
      await mkdir(directory);
      await run('generate-key-pair', '--output-key-prefix', join(directory, 'cosign'));
      return {
        file: join(directory, 'cosign.key'),
        publicKey: await readFile(join(directory, 'cosign.pub'), 'utf8'),
      };
    },
    async sign(image, key, format = 'bundle') {
      const older = ['--use-signing-config=false', '--tlog-upload=false', '--new-bundle-format=false'];
      await run(
        'sign',
        '--yes',
        '--key',
        key.file,
        ...(format === 'classic' ? older : alone),
        ...registry,
        image,
      );
    },
    async signAs(image, subject, issuer) {
      authorities ??= startAuthorities(path('authorities'));
      const { directory } = await authorities;
      const alone = [
        '--signing-config',
        join(directory, 'signing.json'),
        '--trusted-root',
        join(directory, 'root.json'),
      ];
      await run('sign', '--yes', '--identity-token', tokenFor(subject, issuer), ...alone, ...registry, image);
    },
    async trustedRoot() {
      authorities ??= startAuthorities(path('authorities'));
      return readFile(join((await authorities).directory, 'root.json'), 'utf8');
    },
    async attest(image, key) {
      const about = ['--type', 'custom', '--predicate', path('predicate.json')];
      await run('attest', '--yes', '--key', key.file, ...about, ...alone, ...registry, image);
    },
    async destroy() {
      await authorities?.then((one) => one.stop());
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate authority that believes every token, and a time stamping authority: test/cluster/cosign/sigstore. */
async function startAuthorities(directory: string) {
  const program = findBinary('sigstore');
  if (program === undefined) throw new Error('sigstore is not built');
  await mkdir(directory);
  const child = spawn(program, [directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  // Its files are there when it has said where it listens.
  await once(child.stdout, 'data');
  return {
    directory,
    async stop() {
      process.off('exit', end);
      const gone = once(child, 'exit');
      end();
      await gone;
    },
  };
}

/** What an identity provider would give; nobody looks at its signature here. */
function tokenFor(email: string, iss: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss, sub: email, aud: 'sigstore', email, email_verified: true, exp };
  return [part({ alg: 'RS256' }), part(claims), Buffer.alloc(64).toString('base64url')].join('.');
}

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCached, type Report } from './cache.ts';
import { protoDirectory, root, tool } from './paths.ts';
import { go } from './requirement.ts';
import { runOk } from './run.ts';

const sources = join(root, 'test', 'clients', 'go');
/** Cold, on a slow machine: the generators and grpc-go. */
export const buildWithinMs = 900_000;

/** Generates the Go code of the contract, builds the client, and returns the program's path. */
export async function ensureGoClient(): Promise<string> {
  if (!go.isThere()) throw new Error(`Cannot build the Go client: ${go.remedy}`);
  const { stdout: version } = await runOk('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH']);
  const directory = await ensureCached({
    name: 'go-client',
    from: [sources, join(protoDirectory, 'glip'), join(root, 'buf.yaml')],
    facts: [version],
    make: build,
  });
  return join(directory, 'client');
}

async function build(directory: string, note: Report): Promise<void> {
  const module = await mkdtemp(join(tmpdir(), 'glip-go-client-'));
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const options = { env, timeoutMs: buildWithinMs, onLine: note };
  try {
    note('buf generate');
    const template = join('test', 'clients', 'go', 'buf.gen.yaml');
    await runOk(tool('buf'), ['generate', '--template', template, '-o', module], { ...options, cwd: root });
    await cp(sources, module, { recursive: true });
    const args = ['build', '-v', '-trimpath', '-buildvcs=false', '-o', join(directory, 'client'), '.'];
    await runOk('go', args, { ...options, cwd: module });
    await runOk('go', ['vet', '.'], { ...options, cwd: module });
  } finally {
    await rm(module, { recursive: true, force: true });
  }
}

import { join } from 'node:path';
import { ensureCached } from './cache.ts';
import { protoDirectory, root } from './paths.ts';
import { python } from './requirement.ts';
import { runOk } from './run.ts';

const requirements = join(root, 'test', 'clients', 'python', 'requirements.txt');
/** Downloads included. */
export const installWithinMs = 600_000;

/** Returns a Python that has what requirements.txt names. */
export async function ensurePython(): Promise<string> {
  if (!python.isThere()) throw new Error(`Cannot run the Python client: ${python.remedy}`);
  const facts = 'import platform, sys; print(sys.version, sys.prefix, platform.machine())';
  const { stdout: version } = await runOk('python3', ['-c', facts]);
  const directory = await ensureCached({
    name: 'python',
    from: [requirements],
    facts: [version],
    make: async (target, note) => {
      const options = { timeoutMs: installWithinMs, onLine: note };
      await runOk('python3', ['-m', 'venv', target], options);
      // Compiling grpcio would take half an hour: without a wheel for this platform it is better to say so.
      const install = ['-m', 'pip', 'install', '--only-binary', ':all:', '-r', requirements];
      await runOk(join(target, 'bin', 'python'), install, options);
    },
  });
  return join(directory, 'bin', 'python');
}

/** Generates the modules of the contract into a folder. */
export async function generatePython(python: string, directory: string): Promise<void> {
  const files = ['executor_service', 'invocation', 'options', 'step'];
  const out = [`--python_out=${directory}`, `--grpc_python_out=${directory}`];
  const args = ['-m', 'grpc_tools.protoc', '-I', protoDirectory, ...out];
  await runOk(python, [...args, ...files.map((name) => `glip/executor/v1/${name}.proto`)]);
}

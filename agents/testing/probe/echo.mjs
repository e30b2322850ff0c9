import { createHash } from 'node:crypto';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Variables that the executor, or Kubernetes, sets; everything else may be a secret of the host. */
const TOLD =
  /^(GLIP_|GL_|TRACEPARENT$|TRACESTATE$|TERMINATION_MESSAGE_PATH$|KUBERNETES_SERVICE_HOST$|PROBE_)/;

/**
 * What the agent sees of the world it was started in: what a pod template promises, seen from inside.
 * @param {NodeJS.ProcessEnv} env
 * @param {{path: string, sha256: string}} manifest
 */
export async function echoOf(env, { path, sha256 }) {
  return {
    manifest_sha256: sha256,
    manifest_files: (await readdir(dirname(path))).filter((name) => !name.startsWith('..')).sort(),
    manifest_writable: await isWritable(path),
    environment: Object.fromEntries(
      Object.entries(env)
        .filter(([name]) => TOLD.test(name))
        .sort(),
    ),
    arguments: process.argv.length - 2,
    working_directory: process.cwd(),
    uid: process.getuid?.() ?? null,
    gid: process.getgid?.() ?? null,
    root_writable: await isWritable('/'),
    output_writable: env.GLIP_OUTPUT_DIR ? await isWritable(env.GLIP_OUTPUT_DIR) : false,
    service_account_token: await isReadable('/var/run/secrets/kubernetes.io/serviceaccount/token'),
    ...(env.PROBE_FILES && { files: await filesOf(env.PROBE_FILES) }),
  };
}

/**
 * The files of a directory by name, each with its text's hash and what may be done to it.
 * @param {string} directory
 */
async function filesOf(directory) {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();
  const files = names.map(async (name) => {
    const path = join(directory, name);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    return [name, { sha256, writable: await isWritable(path) }];
  });
  return Object.fromEntries(await Promise.all(files));
}

/** @param {string} path */
const isWritable = (path) => can(path, constants.W_OK);

/** @param {string} path */
const isReadable = (path) => can(path, constants.R_OK);

/**
 * @param {string} path
 * @param {number} mode
 */
const can = (path, mode) =>
  access(path, mode).then(
    () => true,
    () => false,
  );

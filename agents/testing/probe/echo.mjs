import { access, constants, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';

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
  };
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

import { fileURLToPath } from 'node:url';
import { AgentError } from './agent-error.mjs';

/**
 * Splits GLIP's artifact URIs by what these agents can reach: files. Others are a fact to report, not to guess around.
 * @param {string} uri
 * @returns {string} the path of a file:// URI
 */
export function pathFromUri(uri) {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'file') return pathFromFileUri(uri);
  throw new AgentError('input', 'URI_SCHEME_UNSUPPORTED', `${uri}: this agent reads file:// URIs only`, {
    details: { uri, scheme: scheme ?? null, supported: ['file'] },
    action: 'Stage the artifact on a volume and name it by a file:// URI.',
  });
}

/** @param {string} uri */
function pathFromFileUri(uri) {
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AgentError('input', 'URI_INVALID', `${uri} is no usable file URI: ${reason}`, {
      details: { uri },
      cause,
    });
  }
}

/** @param {string} uri */
export const isFileUri = (uri) => /^file:\/\//i.test(uri);

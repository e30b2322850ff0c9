import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { applyJsonPatch, PatchError } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicPatch } from '../patch/strategic-patch.ts';
import { badRequest, unprocessablePatch } from '../status.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

export const APPLY_PATCH = 'application/apply-patch+yaml';

export const PATCH_TYPES: readonly string[] = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];

/** The document that a patch of this media type makes of an object. */
export function applyPatch(type: string, object: KubeObject, patch: unknown): unknown {
  if (type === JSON_PATCH) {
    if (!Array.isArray(patch))
      throw badRequest(
        'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
      );
    try {
      return applyJsonPatch(object, patch);
    } catch (error) {
      if (error instanceof PatchError) throw unprocessablePatch();
      throw error;
    }
  }
  if (!isRecord(patch)) {
    const kind = Array.isArray(patch) ? 'array' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    );
  }
  return type === MERGE_PATCH ? applyMergePatch(object, patch) : applyStrategicPatch(object, patch);
}

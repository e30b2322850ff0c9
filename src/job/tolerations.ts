import type { EpochMs } from '../step/step.ts';
import type { TaintView } from './node-view.ts';
import { list, number, type RawObject, text } from './raw.ts';

/** A toleration that may keep a pod on a node with a NoExecute taint. */
export interface TolerationView {
  /** Empty: of every key. */
  readonly key: string;
  /** Undefined: of every value. */
  readonly value?: string;
  /** How long; undefined: for ever. */
  readonly seconds?: number;
}

/** Nearly all pods have the same two, which the API server adds: they share one list. */
const known = new Map<string, readonly TolerationView[]>();
const mostKnown = 64;

/** Those of a pod's tolerations that stand against eviction. */
export function evictionTolerations(spec: RawObject): readonly TolerationView[] {
  const views = list(spec.tolerations)
    .filter(({ effect }) => effect === undefined || effect === '' || effect === 'NoExecute')
    .map(toleration);
  const id = JSON.stringify(views);
  const shared = known.get(id) ?? views;
  if (known.size < mostKnown) known.set(id, shared);
  return shared;
}

function toleration(raw: RawObject): TolerationView {
  const seconds = number(raw.tolerationSeconds);
  return {
    key: text(raw.key),
    ...(raw.operator !== 'Exists' && { value: text(raw.value) }),
    ...(seconds !== undefined && { seconds }),
  };
}

/** What the taint controller does to a pod because of a taint, and when, where something tells. */
export interface Eviction {
  readonly taint: TaintView;
  readonly seconds: number;
  readonly time?: EpochMs;
}

/** The first that the NoExecute taints of a node lead to; undefined where the pod may stay (pkg/controller/tainteviction). */
export function eviction(
  taints: readonly TaintView[],
  tolerations: readonly TolerationView[],
): Eviction | undefined {
  const found = taints
    .filter(({ effect }) => effect === 'NoExecute')
    .flatMap((taint): Eviction[] => {
      const tolerated = tolerations.find((t) => tolerates(t, taint));
      if (tolerated !== undefined && tolerated.seconds === undefined) return [];
      const seconds = Math.max(0, tolerated?.seconds ?? 0);
      return [{ taint, seconds, ...(taint.time !== undefined && { time: taint.time + seconds * 1000 }) }];
    });
  return found.sort((a, b) => (a.time ?? 0) - (b.time ?? 0) || a.seconds - b.seconds)[0];
}

const tolerates = ({ key, value }: TolerationView, taint: TaintView): boolean =>
  (key === '' || key === taint.key) && (value === undefined || (key !== '' && value === taint.value));

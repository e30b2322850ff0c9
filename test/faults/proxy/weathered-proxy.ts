import { sleep } from '../../../src/lib/abort.ts';
import type { Random } from '../random.ts';
import { drawFault } from './fault.ts';
import { type FaultProxy, type ProxyOptions, startProxy } from './proxy.ts';
import { type Phase, type Sky, type SkyName, skies } from './weather.ts';

/** A proxy whose faults are drawn under the sky of the moment. */
export interface WeatheredProxy {
  readonly proxy: FaultProxy;
  readonly sky: () => SkyName;
  /** Resolves when it holds: what is to be cut is cut. */
  readonly turn: (name: SkyName) => Promise<void>;
  /** Plays the phases one after the other, and ends with a clear sky, also when the signal ends it. */
  readonly play: (
    phases: readonly Phase[],
    signal: AbortSignal,
    onPhase?: (phase: Phase) => void,
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startWeatheredProxy(
  options: Omit<ProxyOptions, 'decide'> & { readonly random: Random },
): Promise<WeatheredProxy> {
  const { random, ...rest } = options;
  let name: SkyName = 'calm';
  const proxy = await startProxy({
    ...rest,
    decide: (kind) => {
      const { watches, calls, maxMs }: Sky = skies[name];
      return kind === 'watch' ? drawFault(random, watches, maxMs) : drawFault(random, calls, maxMs);
    },
  });
  const turn = async (to: SkyName): Promise<void> => {
    name = to;
    const { front, cut }: Sky = skies[to];
    await proxy.set(front);
    if (cut) proxy.cut();
  };
  return {
    proxy,
    sky: () => name,
    turn,
    async play(phases, signal, onPhase = () => undefined) {
      try {
        for (const phase of phases) {
          if (signal.aborted) return;
          onPhase(phase);
          await turn(phase.name);
          await sleep(phase.ms, signal).catch(() => undefined);
        }
      } finally {
        await turn('calm');
      }
    },
    close: proxy.close,
  };
}

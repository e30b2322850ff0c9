import type { measureLatency, measureRate } from './measure.ts';

export function tellRate(name: string, rate: Awaited<ReturnType<typeof measureRate>>): void {
  const { ratio, perSecond, inFlight, taken } = rate;
  console.log(
    `${name}, ${inFlight} in flight: ${ratio.median} of the raw rate (quartiles ${ratio.p25} and ${ratio.p75}; ` +
      `${perSecond.grpc.median} against ${perSecond.raw.median} per second; ${calm(taken)})`,
  );
  console.log(`  CPU ms per submit: ${JSON.stringify(rate.cpuMsPerSubmit)}`);
}

export function tellLatency(name: string, latency: Awaited<ReturnType<typeof measureLatency>>): void {
  const { added, ms, taken } = latency;
  console.log(
    `${name}, one after the other: ${added.median} ms added at the median, ${added.p99} ms at p99 ` +
      `(raw ${ms.raw.median} and ${ms.raw.p99} ms; ${calm(taken)})`,
  );
}

const calm = (taken: { readonly calm: number; readonly used: number }): string =>
  `${taken.calm} of ${taken.used} pairs were calm`;

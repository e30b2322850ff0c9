import type { Latency, Rate, Ratio } from './measure.ts';

export function tellRate(name: string, rate: Rate): void {
  const { raw, followed, grpc } = rate.perSecond;
  console.log(
    `${name}, ${rate.inFlight} in flight: ${grpc} submits/s, ${ratio(rate.ofRaw)} of ${raw} raw, ` +
      `${ratio(rate.ofFollowed)} of ${followed} raw and followed; ${calm(rate.taken)}`,
  );
  for (const [way, cost] of Object.entries(rate.cpuMsPerSubmit)) {
    console.log(`  CPU ms per submit, ${way}: ${JSON.stringify(cost)}`);
  }
}

export function tellLatency(name: string, { added, ms, taken }: Latency): void {
  console.log(
    `${name}, one after the other: ${added.median} ms added at the median, ${added.p99} ms at p99 ` +
      `(raw ${ms.raw.median} and ${ms.raw.p99} ms); ${calm(taken)}`,
  );
}

const ratio = ({ total, rounds }: Ratio): string => `${total} (quartiles ${rounds.p25} to ${rounds.p75})`;

const calm = (taken: Rate['taken']): string => `${taken.calm} of ${taken.used} rounds were calm`;

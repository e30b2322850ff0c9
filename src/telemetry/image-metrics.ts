import { Counter, Histogram, type Registry } from 'prom-client';

export interface ImageMetrics {
  /** Told of each image of a submit whose source is allowed: `allowed`, or the reason of the error. */
  decided(outcome: string): void;
  /** Told of each request to a registry: the class of its status (`2xx`), or `none` without an answer. */
  asked(status: string, ms: number): void;
}

export function createImageMetrics(registry: Registry): ImageMetrics {
  const registers = [registry];
  const decisions = new Counter({
    name: 'glip_executor_image_decisions_total',
    help: 'Images of submits, of sources that are allowed, by what came of them: allowed, or the reason of the refusal.',
    labelNames: ['outcome'],
    registers,
  });
  const requests = new Histogram({
    name: 'glip_executor_registry_request_duration_seconds',
    help: 'Requests to registries of images, by the class of the answer; none without one.',
    labelNames: ['status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  return {
    decided: (outcome) => decisions.inc({ outcome }),
    asked: (status, ms) => requests.observe({ status }, ms / 1000),
  };
}

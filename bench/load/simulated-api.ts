import { type SimulatedApi, startSimulatedApi } from '../simulated/api.ts';
import { answer } from './answer.ts';

/** `start` first, once. */
export type SimulatedOrder =
  | { readonly order: 'start'; readonly count: number }
  | { readonly order: 'churn'; readonly count: number; readonly perSecond: number }
  | { readonly order: 'finish'; readonly perSecond: number }
  | { readonly order: 'expire' };

let api: SimulatedApi | undefined;

answer(async (message: SimulatedOrder): Promise<unknown> => {
  switch (message.order) {
    case 'start':
      api = await startSimulatedApi(message.count);
      return { server: api.server, keys: api.keys };
    case 'churn':
      return api?.churn(message.count, message.perSecond);
    case 'finish':
      return api?.finish(message.perSecond);
    case 'expire':
      return api?.expire();
  }
});

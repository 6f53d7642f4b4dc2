// What a page's own code may say of realtime.js, and what the compiler has to refuse.
import {
  Realtime,
  SseParser,
  type RealtimeEvent,
  type RealtimeGap,
  type RealtimeHandlers,
  type RealtimeOptions,
  type RealtimeState,
} from 'realtime-transport';

interface Order {
  id: string;
  total: number;
}

const options: RealtimeOptions = {
  topics: ['resource:*'],
  credentials: 'include',
  token: async ({ refresh }) => (refresh ? 'new' : undefined),
  key: 'ann',
};
const rt = new Realtime(options);
new Realtime();

const show = (event: RealtimeEvent<Order>): void => void event.payload.total.toFixed(2);
const end: () => void = rt.on('event', show);
rt.on('event', (event: RealtimeEvent<Order>) => event.payload.id.length);
rt.on<Order>('event', ({ payload }) => payload.total);
rt.on('event', async ({ cursor, payload }) => {
  const given: [string | null, unknown] = [cursor, payload];
  // @ts-expect-error what a payload is has to be said
  return [given, payload.id];
});
rt.on('gap', (gap: RealtimeGap) => gap.reason === 'caller_changed');
rt.on('open', ({ cursor, resumed, instance, caller }) => [cursor, resumed, instance?.length, caller?.length]);
rt.on('live', () => end());
rt.on('close', ({ reason, reconnect }) => (reconnect ? reason : rt.close()));
rt.on('state', ({ state, why, delayMs }) => [state satisfies RealtimeState, why, delayMs]);
rt.on('warning', ({ code, detail }) => code === 'refused' && detail);

const handlers: Partial<RealtimeHandlers<Order>> = { event: show, gap: () => undefined };
if (handlers.event) {
  rt.on('event', handlers.event);
}
export function listen<T extends keyof RealtimeHandlers>(type: T, handler: RealtimeHandlers[T]): () => void {
  return rt.on(type, handler);
}
new SseParser((frame) => frame.data?.length, 1_000).feed(new Uint8Array(1));

// @ts-expect-error there is no such type
rt.on('evnt', () => undefined);
// @ts-expect-error a gap is no event
rt.on('gap', (event: RealtimeEvent<Order>) => event.payload);
// @ts-expect-error there is no such option
new Realtime({ topic: 'a' });
// @ts-expect-error there is no such value
new Realtime({ credentials: 'always' });
// @ts-expect-error the cursor moves by itself
rt.cursor = null;

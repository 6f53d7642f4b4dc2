/** Everything is optional. Times are in milliseconds. */
export interface RealtimeOptions {
  /** Where the stream is, relative to the page. Default: beside this module if the endpoint serves it, else `/realtime/stream`. */
  url?: string;
  /** Topics, or prefixes with a trailing `*`. Default: all. */
  topics?: string[];
  /** Types of events, or prefixes with a trailing `*`. Default: all. */
  events?: string[];
  /** Asked before every connection; `refresh` is true if the last token was refused or has run out. */
  token?: (asked: { refresh: boolean }) => string | undefined | Promise<string | undefined>;
  /** The same for a ticket: a new one each time, because each opens one stream. */
  ticket?: (asked: { refresh: boolean }) => string | undefined | Promise<string | undefined>;
  /** Whether cookies go along. Default `same-origin`. */
  credentials?: 'omit' | 'same-origin' | 'include';
  /** Where to go on from, such as what `/realtime/position` said when the page was made. Default: now. */
  cursor?: string | null;
  /** One connection for all tabs that ask for the same. Default true; with `token` or `ticket` only if there is a `key`. */
  shared?: boolean;
  /** Tabs of different keys share nothing. With `token` or `ticket`, tabs share only if there is one: the user's id, say. */
  key?: string;
  /** The first wait before a reconnect, until the server has said its own. Default 2,000. */
  retryMs?: number;
  /** A connection on which nothing comes for so long is dead. Default 40,000: the server speaks every 15,000. */
  silenceMs?: number;
  /** Between headers and first frame; longer, and something on the way seems to buffer. Default 3,000. */
  bufferingMs?: number;
}

export interface RealtimeEvent<P = unknown> {
  /** The type, such as `orders.updated`. */
  event: string;
  topic: string;
  payload: P;
  /** The event's own id, the same wherever it is told. */
  id: string;
  /** Null for a provisional copy. */
  cursor: string | null;
  /** Told while the transport was away, outside the order. */
  provisional: boolean;
  timestamp: string;
  organisation: string;
}

/**
 * Events were lost for this page: fetch again what it shows. After a failover it is told with a random delay, for which
 * the server asks, so that not all pages fetch at once.
 */
export interface RealtimeGap {
  reason: 'trimmed' | 'epoch_changed' | 'ahead' | 'malformed' | 'overflow' | (string & {});
  /** The last cursor before the hole. */
  requested: string | null;
  floor: string | null;
  head: string | null;
}

export type RealtimeState = 'connecting' | 'open' | 'live' | 'waiting' | 'closed';

/** What is told, and with what. `P` is what the payloads of events are known to be. */
export interface RealtimeHandlers<P = unknown> {
  event: (event: RealtimeEvent<P>) => void;
  gap: (gap: RealtimeGap) => void;
  /** A stream has begun behind this cursor. `caller` is an opaque hash of whose it is; `instance` is missing where another tab holds the stream already. */
  open: (open: { cursor: string | null; resumed: boolean; instance?: string; caller?: string }) => void;
  /** The replay is finished. */
  live: (live: Record<string, never>) => void;
  /** The stream has ended; unless `reconnect`, for good: `caller_changed` if it would be somebody else's now. */
  close: (close: { reason: string; reconnect: boolean }) => void;
  state: (state: { state: RealtimeState; why?: string; delayMs?: number }) => void;
  warning: (warning: { code: 'buffering' | 'refused' | 'silence' | 'unshared'; detail: string }) => void;
}

export class Realtime {
  constructor(options?: RealtimeOptions);
  /** Everything up to here has been told to this tab; null before the first `open`. */
  readonly cursor: string | null;
  readonly state: RealtimeState;
  /** Whether it is this tab that holds the connection. */
  readonly leading: boolean;
  /** Returns what ends it. The payload is what the handler takes it for: nobody checks. */
  on<P = unknown>(type: 'event', handler: (event: RealtimeEvent<P>) => void): () => void;
  on<T extends keyof RealtimeHandlers>(type: T, handler: RealtimeHandlers[T]): () => void;
  /** For good. Another tab goes on, if there is one. */
  close(): void;
}

/** An event as it stands in a frame's data, for who reads the stream by other means. */
export interface RealtimeEnvelope<P = unknown> {
  id: string;
  org_id: string;
  event: string;
  topic: string;
  timestamp: string;
  version: 'v1';
  /** Only of a provisional copy. */
  provisional?: true;
  payload: P;
}

export interface SseFrame {
  event?: string;
  id?: string;
  data?: string;
  retry?: number;
}

/** Reads server-sent events from bytes, however they are cut. */
export class SseParser {
  constructor(onFrame: (frame: SseFrame) => void, maxChars?: number);
  feed(bytes: Uint8Array): void;
}

/**
 * Phones under load for tests that kill the server: the real outbox and queue, scanning without a pause.
 *
 * Speaks JSON lines: in {"do": "go", "url"} | {"do": "rest"} | {"do": "tell"}; out what every phone made, was told is
 * accepted, and still holds.
 */

import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import { Api } from "../../static/src/scan/api";
import { makeEvent, type Sender } from "../../static/src/scan/events";
import { Queue, type Reply } from "../../static/src/scan/queue";
import { Store } from "../../static/src/scan/store";
import { uuid7 } from "../../static/src/scan/uuid7";

interface Orders {
  senders: Sender[];
  cookie: string;
  raw: string;
  location: number;
  pause_ms: number;
}

const orders = JSON.parse(process.argv[2] ?? "{}") as Orders;
let url = "";
let going = false;

class Phone {
  readonly made: string[] = [];
  readonly accepted = new Set<string>();
  private readonly store: Store;
  private readonly queue: Queue;

  constructor(
    private readonly sender: Sender,
    number: number,
  ) {
    this.store = new Store(`phone-${number}`);
    this.queue = new Queue({
      outbox: this.store,
      send: (events) => this.send(new Api(`${url}/api/v1`, fetchAsBrowser), events),
      exclusively: (work) => work(),
      onAnswers: () => undefined,
      onState: () => undefined,
    });
  }

  async scan(): Promise<void> {
    const now = new Date().toISOString();
    const stamp = { scanned_at: now, clock_offset_ms: 0, uncertainty_ms: 20, elapsed_ms: 0 };
    const draft = { id: uuid7(), kind: "scan" as const, round: 1, location: orders.location, raw: orders.raw };
    await this.store.add([makeEvent(draft, this.sender, stamp)]);
    this.made.push(draft.id);
    void this.queue.poke();
  }

  poke(): Promise<void> {
    return this.queue.poke();
  }

  /** In this order: what was made is then among what was accepted or is held, whatever happens meanwhile. */
  async tell(): Promise<unknown> {
    const made = [...this.made];
    const held = [...(await this.store.unanswered())];
    return { made, held, accepted: [...this.accepted] };
  }

  /** What the server says is noted before the outbox hears it: it is what the phone "was told". */
  private async send(api: Api, events: Parameters<Api["postScans"]>[0]): Promise<Reply> {
    const reply = await api.postScans(events);
    if (reply.kind === "answers") {
      for (const answer of reply.answers) if (answer.status === "accepted") this.accepted.add(answer.id);
    }
    return reply;
  }
}

const fetchAsBrowser: typeof fetch = (input, init) =>
  fetch(input, { ...init, headers: { ...init?.headers, Cookie: orders.cookie } });

const phones = orders.senders.map((sender, number) => new Phone(sender, number));

async function work(phone: Phone): Promise<void> {
  for (;;) {
    if (going) await phone.scan();
    else await phone.poke();
    await new Promise((resolve) => setTimeout(resolve, going ? orders.pause_ms : 100));
  }
}

for await (const line of startedLines()) {
  const order = JSON.parse(line) as { do: string; url?: string };
  url = order.url ?? url;
  going = order.do === "go" || (order.do === "tell" && going);
  if (order.do === "tell") console.log(JSON.stringify(await Promise.all(phones.map((phone) => phone.tell()))));
}
process.exit(0);

function startedLines(): AsyncIterable<string> {
  for (const phone of phones) void work(phone);
  return createInterface({ input: process.stdin });
}

import assert from "node:assert/strict";
import { test } from "node:test";

import { scanEvent, SENDER } from "./make";

test("an event names every field of the contract, null where it says nothing", () => {
  const event = scanEvent({ id: "0190c1de-0000-7000-8000-000000000001", quantity: "1.000", symbology: "EAN-13" });
  assert.deepEqual(event, {
    id: "0190c1de-0000-7000-8000-000000000001",
    ...SENDER,
    round: 1,
    kind: "scan",
    undoes: null,
    raw: "6901234567892",
    symbology: "EAN-13",
    candidate: null,
    lot: null,
    expiry: null,
    location: 7,
    quantity: "1.000",
    scanned_at: "2026-11-23T01:02:03.000Z",
    clock_offset_ms: 5,
    uncertainty_ms: 40,
    elapsed_ms: 900,
  });
});

/**
 * The stocktake on one phone: bin closed → bin open → counting → bin closed, as a pure function of what happens.
 *
 * Law: nothing here stores, sends or draws. An action gives the next state, the events to store, and what to tell the
 * person; the caller stores the events before it takes the state over.
 */

import { askClose, confirm, confirmEmpty, leaveBin, reopenBin, takeBin, takeOtherBin } from "./bins";
import { choose, countOne, sayLot, setQuantity, takeBack, type Code } from "./goods";
import { lastUndoable } from "./lines";
import { recognise } from "./recognise";
import { isOver, only, refused, whereWeAre, type Action, type NewId, type Outcome, type State } from "./state";

export function decide(state: State, action: Action, newId: NewId): Outcome {
  if (isOver(state) && action.type !== "cancel") return refused({ ...state, question: null }, "over");
  switch (action.type) {
    case "code":
      return takeCode(state, { named: null, ...action }, newId);
    case "choose_bin":
      return takeBin(state, { bin: action.bin, label: null }, newId);
    case "choose":
      return choose(state, action.raw, action.candidate, newId);
    case "set":
      return setQuantity(state, action.line, action.quantity, action.unit, newId);
    case "lot":
      return sayLot(state, action.raw, action.said, newId);
    case "undo":
      return undo(state, newId);
    case "ask_close":
      return askClose(state, null);
    case "confirm_empty":
      return confirmEmpty(state, newId);
    case "confirm":
      return confirm(state, newId);
    case "cancel":
      return only({ ...state, question: null }, whereWeAre(state));
  }
}

function takeCode(state: State, code: Code, newId: NewId): Outcome {
  const { raw, symbology } = code;
  const found = recognise(raw, state.bins);
  if (found.kind === "bin") return takeBin(state, { bin: found.bin, label: { raw, symbology } }, newId);
  if (found.kind === "other_bin") return takeOtherBin(state, found.id, { raw, symbology }, newId);
  if (found.kind === "sheet") return refused(state, "sheet_code");
  return found.kind === "damaged" ? refused(state, "code_damaged") : countOne(state, code, newId);
}

/** Whatever the hand did last: a count, the opening of this bin, or the closing of the one before. */
function undo(state: State, newId: NewId): Outcome {
  if (!state.open) return reopenBin(state, newId);
  const last = lastUndoable(state.entries);
  return last ? takeBack(state, last, newId) : leaveBin(state, state.open, newId);
}

/** Whether there is anything to take back. */
export function canUndo(state: State): boolean {
  return !isOver(state) && (state.open !== null || state.last !== null);
}

import { base, end, lists, REDIS_TIME, text } from './lua/base.ts';
import * as commands from './lua/commands.ts';
import { fairness } from './lua/fairness.ts';
import * as learning from './lua/learning.ts';
import * as pieces from './lua/matching.ts';
import * as questions from './lua/questions.ts';
import { contacts, records } from './lua/records.ts';
import * as upkeep from './lua/upkeep.ts';
import type { Script } from './script.ts';
import { script } from './script.ts';

const { finishing, moving, placing, reserving, serving, taking, telling } = pieces;

/** What is read only: agents, contacts, reservations, and who could serve them. */
const reading = [text, learning.learning, lists, records, contacts];
/** What whoever makes an agent busy or free needs; less is sent and run where less will do. */
const answering = [text, learning.learning, lists, records, moving];
const pairing = [...reading, moving, telling, fairness, reserving, placing];
const everything = [...pairing, serving, taking, finishing];

type Name =
  | keyof typeof commands
  | keyof typeof questions
  | keyof typeof upkeep
  | Exclude<keyof typeof learning, 'learning'>;

/** Every script there is, by name. */
export type Scripts = Readonly<Record<Name, Script>>;

/** The scripts with another source of time, for tests that must agree on it. */
export function scriptsWith(time: string): Scripts {
  const start = base(time);
  const of = (name: string, needs: readonly string[], body: string): Script =>
    script(name, start, ...needs, 'local function main()', body, 'end', end);
  return {
    enter: of('enter', [...pairing, serving], commands.enter),
    leave: of('leave', [...pairing, serving], commands.leave),
    accept: of('accept', [...answering, taking], commands.accept),
    lapse: of('lapse', [...pairing, serving], commands.lapse),
    reject: of('reject', [...pairing, serving], commands.reject),
    claim: of('claim', everything, commands.claim),
    wrapUp: of('wrapUp', answering, commands.wrapUp),
    complete: of('complete', [...pairing, serving, finishing], commands.complete),
    setAgentState: of('setAgentState', [...pairing, serving], commands.setAgentState),
    agentStatus: of('agentStatus', [text, records], commands.agentStatus),
    schedule: of('schedule', reading, commands.schedule),
    unschedule: of('unschedule', reading, commands.unschedule),
    due: of('due', reading, commands.due),
    standing: of('standing', pairing, questions.standing),
    snapshot: of('snapshot', reading, questions.snapshot),
    situation: of('situation', reading, learning.situation),
    experience: of('experience', [text], learning.experience),
    calibrate: of('calibrate', [], learning.calibrate),
    sweep: of('sweep', everything, upkeep.sweep),
    resign: of('resign', [], upkeep.resign),
    audit: of('audit', everything, upkeep.audit),
    found: script('found', upkeep.found),
    stage: of('stage', [], upkeep.stage),
    flip: of('flip', [], upkeep.flip),
    defineClass: of('defineClass', [], upkeep.defineClass),
    reprofile: of('reprofile', [...pairing, serving], upkeep.reprofile),
    noteRun: of('noteRun', [], upkeep.noteRun),
    openState: of('openState', [], upkeep.openState),
  };
}

export const scripts: Scripts = scriptsWith(REDIS_TIME);

import { base, lists, REDIS_TIME, text } from './lua/base.ts';
import { channels } from './lua/channels.ts';
import * as commands from './lua/commands.ts';
import { fairness } from './lua/fairness.ts';
import { calibrate, experience, learning, situation } from './lua/learning.ts';
import * as pieces from './lua/matching.ts';
import { placing } from './lua/placing.ts';
import * as questions from './lua/questions.ts';
import { contacts, records } from './lua/records.ts';
import { standing } from './lua/standing.ts';
import * as upkeep from './lua/upkeep.ts';
import type { Library } from './script.ts';
import { library } from './script.ts';

const { finishing, moving, reserving, serving, taking, telling } = pieces;
const shared = [
  text,
  learning,
  lists,
  records,
  channels,
  contacts,
  moving,
  telling,
  fairness,
  reserving,
  placing,
  serving,
  taking,
  finishing,
  standing,
];

const writing = { ...commands, ...upkeep, calibrate };
const reading = { ...questions, experience, situation };

/** What the record is that a script is about: a contact or a reservation, by its first argument. */
const about: Partial<Record<keyof typeof writing, 'c:' | 'r:'>> = {
  enter: 'c:',
  leave: 'c:',
  claim: 'c:',
  anew: 'c:',
  accept: 'r:',
  lapse: 'r:',
  reject: 'r:',
  wrapUp: 'r:',
  complete: 'r:',
};

export type ScriptName = keyof typeof writing | keyof typeof reading;

/** What Redis runs in one atomic step each, by name. */
export type Scripts = Library<ScriptName>;

/** The scripts with another source of time, for tests that must agree on it. */
export function scriptsWith(time: string): Scripts {
  return library([base(time), ...shared], writing, reading, about);
}

export const scripts: Scripts = scriptsWith(REDIS_TIME);

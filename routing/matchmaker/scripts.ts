import { base } from './lua/base.ts';
import * as commands from './lua/commands.ts';
import * as learning from './lua/learning.ts';
import { matching } from './lua/matching.ts';
import * as questions from './lua/questions.ts';
import * as upkeep from './lua/upkeep.ts';
import { script } from './script.ts';

const full = (name: string, body: string) => script(name, base, learning.learning, matching, body);

/** Every script there is, by name. */
export const scripts = {
  enter: full('enter', commands.enter),
  leave: full('leave', commands.leave),
  accept: full('accept', commands.accept),
  reject: full('reject', commands.reject),
  claim: full('claim', commands.claim),
  wrapUp: full('wrapUp', commands.wrapUp),
  complete: full('complete', commands.complete),
  setAgentState: full('setAgentState', commands.setAgentState),
  agentStatus: full('agentStatus', commands.agentStatus),
  schedule: full('schedule', commands.schedule),
  unschedule: full('unschedule', commands.unschedule),
  due: full('due', commands.due),
  standing: full('standing', questions.standing),
  snapshot: full('snapshot', questions.snapshot),
  situation: script('situation', base, learning.situation),
  experience: script('experience', base, learning.experience),
  calibrate: script('calibrate', base, learning.calibrate),
  sweep: full('sweep', upkeep.sweep),
  resign: script('resign', base, upkeep.resign),
  audit: full('audit', upkeep.audit),
  found: script('found', upkeep.found),
  stage: script('stage', base, upkeep.stage),
  flip: script('flip', base, upkeep.flip),
  defineClass: script('defineClass', base, upkeep.defineClass),
  reprofile: full('reprofile', upkeep.reprofile),
  noteRun: script('noteRun', base, upkeep.noteRun),
  openState: script('openState', base, upkeep.openState),
} as const;

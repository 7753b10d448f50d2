import assert from 'node:assert/strict';
import type { Routing, Standing } from '../../routing/index.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { eventually } from '../support/eventually.ts';
import { agentId, Centre, contact, id, queued, ready, reserved } from './centre.ts';
import type { RedisProcess } from './redis-process.ts';
import { startRedis } from './redis-process.ts';

import { handOver } from '../shared/parts.ts';
import { createPanel } from './create-panel.ts';

handOver({ create: createPanel });

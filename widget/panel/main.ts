import type { PanelPart } from '../shared/parts.ts';
import { handOver } from '../shared/parts.ts';
import { createPanel } from './create-panel.ts';

handOver<PanelPart>({ create: createPanel });

import { handOver } from '../shared/parts.ts';
import { startViewer } from './start-viewer.ts';
import { startVisitor } from './start-visitor.ts';

handOver({ visitor: startVisitor, viewer: startViewer });

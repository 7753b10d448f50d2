import type { LinkOp, LinkStream } from '../../contracts/link.schema.ts';
import type {
  VisitorAnswer,
  VisitorAsk,
  VisitorDesk,
  VisitorStream,
} from '../../contact-server/ports/visitor-desk.ts';
import { Mailbox } from '../support/mailbox.ts';

/** Something a visitor wants, for the test to answer. */
export interface Asked {
  readonly op: LinkOp;
  readonly ask: VisitorAsk;
  readonly answer: (answer: VisitorAnswer) => void;
  readonly fail: (error: Error) => void;
}

export interface Opened {
  readonly op: LinkStream;
  readonly stream: VisitorStream;
  readonly heard: Mailbox<string>;
  readonly closed: Promise<string>;
}

/** The desk behind the link: answers by rule, or puts each question into the mailbox for the test to answer. */
export class DeskFake implements VisitorDesk {
  readonly asked = new Mailbox<Asked>();
  readonly opened = new Mailbox<Opened>();
  calls = 0;
  rule: ((op: LinkOp, ask: VisitorAsk) => VisitorAnswer) | undefined;
  refusal: Error | undefined;

  answer(op: LinkOp, ask: VisitorAsk): Promise<VisitorAnswer> {
    this.calls += 1;
    const { rule } = this;
    if (rule) return Promise.resolve().then(() => rule(op, ask));
    return new Promise((resolve, reject) => {
      this.asked.put({ op, ask, answer: resolve, fail: reject });
    });
  }

  async open(op: LinkStream, stream: VisitorStream): Promise<void> {
    if (this.refusal) throw this.refusal;
    const heard = new Mailbox<string>();
    const closed = new Promise<string>((resolve) => stream.onClose(resolve));
    stream.onData((data) => heard.put(data));
    this.opened.put({ op, stream, heard, closed });
  }
}

import { Socket } from 'node:dgram';

/** Every SIP message that the phones and the telephone network of this process receive, until `stop`. */
export function tapPhones(): { readonly heard: readonly string[]; stop(): void } {
  const heard: string[] = [];
  const prototype = Socket.prototype as unknown as { emit: (name: string, ...args: unknown[]) => boolean };
  const { emit } = prototype;
  prototype.emit = function (name, ...args) {
    const [data] = args;
    if (name === 'message' && data instanceof Buffer && data.includes('SIP/2.0'))
      heard.push(data.toString('utf8'));
    return emit.call(this, name, ...args);
  };
  return {
    heard,
    stop() {
      prototype.emit = emit;
    },
  };
}

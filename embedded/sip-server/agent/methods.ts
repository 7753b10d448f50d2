/** The methods that applications may send, and that we know (RFC 3261 and its extensions). */
export const METHODS: ReadonlySet<string> = new Set(
  'INVITE ACK BYE CANCEL OPTIONS REGISTER INFO MESSAGE NOTIFY SUBSCRIBE REFER PUBLISH UPDATE PRACK'.split(
    ' ',
  ),
);

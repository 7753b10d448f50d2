/**
 * The messages of RFC 4475, each by its name and section there, told in our own short form: what makes it a torture is
 * kept, the rest is the plain request that `plain` gives.
 */
export interface Torture {
  readonly name: string;
  readonly section: string;
  /** A datagram where the matter is one of UDP; everything else goes over TCP as well. */
  readonly udpOnly?: true;
  readonly text: string;
  /** Handed whole to the application, refused with a status, or dropped and counted under a reason. */
  readonly outcome: 'handed' | number | { dropped: string };
}

const PLAIN: Readonly<Record<string, string>> = {
  Via: 'SIP/2.0/TCP torture.example.com;rport;branch=z9hG4bK@',
  'Max-Forwards': '70',
  From: '<sip:caller@example.net>;tag=@',
  To: '<sip:user@example.com>',
  'Call-ID': '@.torture',
  CSeq: '8 *',
  Contact: '<sip:caller@host5.example.net>',
  'Content-Length': '#',
};

let count = 0;

/**
 * A request line and headers: each given line `Name: value` takes the place of the plain header of that name, `-Name`
 * leaves it out. `@` stands for something unique, `*` for the method, `#` for the length of the body.
 */
function plain(start: string, lines: readonly string[] = [], body = ''): string {
  const unique = `t${String(++count)}x`;
  const method = start.split(' ')[0] ?? '';
  const taken = new Set(lines.map((line) => line.replace(/^-/, '').split(/\s*:/)[0]?.toLowerCase()));
  const kept = Object.entries(PLAIN)
    .filter(([name]) => !taken.has(name.toLowerCase()))
    .map(([name, value]) =>
      `${name}: ${value}`
        .replace('@', unique)
        .replace(' *', ` ${method}`)
        .replace(': #', `: ${String(body.length)}`),
    );
  const all = [start, ...kept, ...lines.filter((line) => !line.startsWith('-'))];
  return `${all.join('\r\n')}\r\n\r\n${body}`;
}

const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0\r\n';
const LONG = 'verylong'.repeat(40);

/** 3.1.1: valid, however strange. */
const VALID: readonly Torture[] = [
  {
    name: 'wsinv',
    section: '3.1.1.1',
    text: [
      'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@192.0.2.1',
      `Content-Length   : ${String(SDP.length)}`,
      'cseq: 0009\r\n  INVITE',
      'Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value\r\n continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Content-Type: application/sdp',
      'Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33',
      `\r\n${SDP}`,
    ].join('\r\n'),
    outcome: 481, // it carries a To tag, and no such dialog is known
  },
  {
    name: 'intmeth',
    section: '3.1.1.2',
    text: plain(
      "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
      [
        "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)@example.com>',
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80\xd0\xb0\";tag=_token~1'+`*%!-.",
        'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
        "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
        "extensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb",
      ],
    ),
    outcome: 501, // read whole, but nobody here knows such a method
  },
  {
    name: 'esc01',
    section: '3.1.1.3',
    text: plain('INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0', [
      'To: sip:%75se%72@example.com',
      'From: <sip:I%20have%20spaces@example.net>;tag=esc01',
      'Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
    ]),
    outcome: 'handed',
  },
  {
    name: 'escnull',
    section: '3.1.1.4',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'To: sip:null-%00-null@example.com',
      'From: sip:null-%00-null@example.com;tag=839923423',
      'Contact: <sip:%00@host5.example.com>',
      'Contact: <sip:%00%00@host5.example.com>',
    ]),
    outcome: 'handed',
  },
  {
    name: 'esc02',
    section: '3.1.1.5',
    text: plain('RE%47IST%45R sip:registrar.example.com SIP/2.0', [
      'To: "%Z%45" <sip:resource@example.com>',
      'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
      'Contact: <sip:alias1@host1.example.com>, <sip:alias2@host2.example.com>;expires=5',
    ]),
    outcome: 501, // which is not REGISTER
  },
  {
    name: 'lwsdisp',
    section: '3.1.1.6',
    text: plain('OPTIONS sip:user@example.com SIP/2.0', ['From: caller<sip:caller@example.com>;tag=323']),
    outcome: 'handed',
  },
  {
    name: 'longreq',
    section: '3.1.1.7',
    text: plain(
      'INVITE sip:user@example.com SIP/2.0',
      [
        '-Via',
        '-From',
        `To: "I have a user name of ${LONG} proportion"<sip:user@example.com:6000;${LONG}=very%20long;shortparam1=2;${LONG}x>`,
        `F: sip:${LONG}user@example.net;tag=12982${'982'.repeat(30)}424;${LONG}=${LONG};shortParam`,
        `Call-ID: longreq.one${LONG}callid`,
        `Unknown-${LONG}-Name: unknown-${LONG}-value; unknown-${LONG}=more`,
        'Via: SIP/2.0/TCP sip33.example.com',
        ...Array.from(
          { length: 28 },
          (_, n) => `v: SIP/2.0/TCP sip${String(32 - n)}.example.com;branch=z9hG4bKl${String(n)}`,
        ),
        `V: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very${LONG}branchvalue`,
        `Contact: <sip:${LONG}user@host5.example.net>`,
      ],
      SDP,
    ),
    outcome: 'handed',
  },
  {
    name: 'dblreq',
    section: '3.1.1.8',
    udpOnly: true,
    text: `${plain('REGISTER sip:example.com SIP/2.0')}INVITE sip:joe@example.com SIP/2.0\r\nt: sip:joe@example.com\r\n\r\n`,
    outcome: 'handed', // once: what is behind the body is no message
  },
  {
    name: 'semiuri',
    section: '3.1.1.9',
    text: plain('OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0', [
      'To: sip:j_user@example.com',
      'Accept: application/sdp, application/pkcs7-mime, multipart/mixed, text/plain',
    ]),
    outcome: 'handed',
  },
  {
    name: 'transports',
    section: '3.1.1.10',
    text: plain('OPTIONS sip:user@example.com SIP/2.0', [
      'Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw',
      'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
      'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
      'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
      'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee',
    ]),
    outcome: 'handed',
  },
  {
    name: 'mpart01',
    section: '3.1.1.11',
    text: plain(
      'MESSAGE sip:kumiko@example.org SIP/2.0',
      ['Content-Type: multipart/mixed;boundary=7a9cbec02ceef655'],
      '--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n\x30\x82\x01\x00\r\n\r\n\xff\xfe\x80\r\n--7a9cbec02ceef655--\r\n',
    ),
    outcome: 'handed',
  },
  {
    name: 'unreason',
    section: '3.1.1.12',
    text: plain('SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe', ['CSeq: 35 INVITE']),
    outcome: { dropped: 'stray-response' },
  },
  {
    name: 'noreason',
    section: '3.1.1.13',
    text: plain('SIP/2.0 100 ', ['CSeq: 35 INVITE']),
    outcome: { dropped: 'stray-response' },
  },
];

/** 3.1.2: invalid. Where the RFC lets a receiver be liberal, the outcome here says which way we are. */
const INVALID: readonly Torture[] = [
  {
    name: 'badinv01',
    section: '3.1.2.1',
    text: plain('INVITE sip:user@example.com SIP/2.0', [
      'Via: SIP/2.0/UDP 192.0.2.15;;,;,,',
      'Contact: "Joe" <sip:joe@example.org>;;;;',
    ]),
    outcome: 400,
  },
  {
    name: 'clerr',
    section: '3.1.2.2',
    udpOnly: true,
    text: plain('INVITE sip:user@example.com SIP/2.0', ['Content-Length: 9999'], SDP),
    outcome: 400,
  },
  {
    name: 'ncl',
    section: '3.1.2.3',
    udpOnly: true, // over TCP, what follows could not be told from the body
    text: plain('INVITE sip:user@example.com SIP/2.0', ['Content-Length: -999'], SDP),
    outcome: 400,
  },
  {
    name: 'scalar02',
    section: '3.1.2.4',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'CSeq: 36893488147419103232 REGISTER',
      'Max-Forwards: 300',
      'Expires: 10000000000000000000000000000000000000000000000000000',
      'Contact: <sip:user@host129.example.com>;expires=280297596632815',
    ]),
    outcome: 400,
  },
  {
    name: 'scalarlg',
    section: '3.1.2.5',
    text: plain('SIP/2.0 503 Service Unavailable', [
      'CSeq: 9292394834772304023312 OPTIONS',
      'Retry-After: 949302838503028349304023988',
      'Warning: 1812 overture "In Progress"',
    ]),
    outcome: { dropped: 'bad-header' },
  },
  {
    name: 'quotbal',
    section: '3.1.2.6',
    text: plain('INVITE sip:user@example.com SIP/2.0', ['To: "Mr. J. User <sip:j.user@example.com>']),
    outcome: 400,
  },
  {
    name: 'ltgtruri',
    section: '3.1.2.7',
    text: plain('INVITE <sip:user@example.com> SIP/2.0'),
    outcome: 400,
  },
  {
    name: 'lwsruri',
    section: '3.1.2.8',
    text: plain('INVITE sip:user@example.com; lr SIP/2.0'),
    outcome: 400,
  },
  {
    name: 'lwsstart',
    section: '3.1.2.9',
    text: plain('INVITE  sip:user@example.com  SIP/2.0'),
    outcome: 'handed',
  },
  {
    name: 'trws',
    section: '3.1.2.10',
    text: plain('OPTIONS sip:remote-target@example.com SIP/2.0  '),
    outcome: 'handed',
  },
  {
    name: 'escruri',
    section: '3.1.2.11',
    text: plain('INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0'),
    outcome: 'handed',
  },
  {
    name: 'baddate',
    section: '3.1.2.12',
    text: plain('INVITE sip:user@example.com SIP/2.0', ['Date: Fri, 01 Jan 2010 16:00:00 EST']),
    outcome: 'handed',
  },
  {
    name: 'regbadct',
    section: '3.1.2.13',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E',
    ]),
    outcome: 'handed',
  },
  {
    name: 'badaspec',
    section: '3.1.2.14',
    text: plain('OPTIONS sip:user@example.org SIP/2.0', [
      'To: "Watson, Thomas" < sip:t.watson@example.org >',
    ]),
    outcome: 'handed',
  },
  {
    name: 'baddn',
    section: '3.1.2.15',
    text: plain('OPTIONS sip:t.watson@example.org SIP/2.0', [
      'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43',
    ]),
    outcome: 'handed',
  },
  {
    name: 'badvers',
    section: '3.1.2.16',
    text: plain('OPTIONS sip:t.watson@example.org SIP/7.0'),
    outcome: 505,
  },
  {
    name: 'mismatch01',
    section: '3.1.2.17',
    text: plain('OPTIONS sip:user@example.com SIP/2.0', ['CSeq: 8 INVITE']),
    outcome: 400,
  },
  {
    name: 'mismatch02',
    section: '3.1.2.18',
    text: plain('NEWMETHOD sip:user@example.com SIP/2.0', ['CSeq: 8 INVITE']),
    outcome: 400,
  },
  {
    name: 'bigcode',
    section: '3.1.2.19',
    text: plain('SIP/2.0 4294967301 better not break the receiver', ['CSeq: 353494 INVITE']),
    outcome: { dropped: 'start-line' },
  },
];

/** 3.2 to 3.4: well-formed, but hard on transactions, on applications, or from old times. */
const SEMANTIC: readonly Torture[] = [
  {
    name: 'badbranch',
    section: '3.2.1',
    text: plain('OPTIONS sip:user@example.com SIP/2.0', ['Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK']),
    outcome: 'handed',
  },
  {
    name: 'insuf',
    section: '3.3.1',
    text: plain('INVITE sip:user@example.com SIP/2.0', ['-From', '-To', '-Call-ID'], SDP),
    outcome: 400,
  },
  {
    name: 'unkscm',
    section: '3.3.2',
    text: plain('OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0'),
    outcome: 416,
  },
  {
    name: 'novelsc',
    section: '3.3.3',
    text: plain('OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0'),
    outcome: 416,
  },
  {
    name: 'unksm2',
    section: '3.3.4',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'To: isbn:2983792873',
      'From: <http://www.example.com>;tag=3234233',
      'Contact: <name:John_Smith>',
    ]),
    outcome: 'handed',
  },
  {
    name: 'bext01',
    section: '3.3.5',
    text: plain('OPTIONS sip:user@example.com SIP/2.0', [
      'Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis',
      'Require: nothingSupportsThis, nothingSupportsThisEither',
    ]),
    outcome: 'handed', // what is supported, the application knows; the proxy refuses with 420 (proxy.test.ts)
  },
  {
    name: 'invut',
    section: '3.3.6',
    text: plain(
      'INVITE sip:user@example.com SIP/2.0',
      ['Content-Type: application/unknownformat'],
      '<audio/>',
    ),
    outcome: 'handed',
  },
  {
    name: 'regaut01',
    section: '3.3.7',
    text: plain('REGISTER sip:example.com SIP/2.0', ['Authorization: NoOneKnowsThisScheme opaque-data=here']),
    outcome: 'handed',
  },
  {
    name: 'multi01',
    section: '3.3.8',
    text: plain('INVITE sip:user@company.com SIP/2.0', [
      'CSeq: 5 INVITE',
      'CSeq: 59 INVITE',
      'Call-ID: multi01.98asdh@192.0.2.1',
      'Call-ID: multi01.98asdh@192.0.2.2',
      'Max-Forwards: 70',
      'Max-Forwards: 5',
    ]),
    outcome: 400,
  },
  {
    name: 'mcl01',
    section: '3.3.9',
    udpOnly: true,
    text: plain(
      'OPTIONS sip:user@example.com SIP/2.0',
      ['Content-Length: 13', 'Content-Length: 5'],
      'There is none',
    ),
    outcome: 400,
  },
  {
    name: 'bcast',
    section: '3.3.10',
    text: plain('SIP/2.0 200 OK', [
      'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
      'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
      'CSeq: 35 INVITE',
    ]),
    outcome: { dropped: 'stray-response' },
  },
  {
    name: 'zeromf',
    section: '3.3.11',
    text: plain('OPTIONS sip:user@example.com SIP/2.0', ['Max-Forwards: 0']),
    outcome: 483, // an application may be a proxy, so this is what a proxy says
  },
  {
    name: 'cparam01',
    section: '3.3.12',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'Contact: sip:+19725552222@gw1.example.net;unknownparam',
    ]),
    outcome: 'handed',
  },
  {
    name: 'cparam02',
    section: '3.3.13',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'Contact: <sip:+19725552222@gw1.example.net;unknownparam>',
    ]),
    outcome: 'handed',
  },
  {
    name: 'regescrt',
    section: '3.3.14',
    text: plain('REGISTER sip:example.com SIP/2.0', [
      'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>',
    ]),
    outcome: 'handed',
  },
  {
    name: 'sdp01',
    section: '3.3.15',
    text: plain('INVITE sip:user@example.com SIP/2.0', ['Accept: text/nobodyKnowsThis'], SDP),
    outcome: 'handed',
  },
  {
    name: 'inv2543',
    section: '3.4.1',
    text: plain(
      'INVITE sip:UserB@example.com SIP/2.0',
      [
        'Via: SIP/2.0/UDP iftgw.example.com',
        'From: <sip:+13035551111@ift.client.example.net;user=phone>',
        'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
        'To: sip:+16505552222@ss1.example.net;user=phone',
        '-Max-Forwards',
        '-Contact',
      ],
      SDP,
    ),
    outcome: 400, // drachtio-srf's own suite wants an INVITE without Contact refused
  },
];

export const TORTURES: readonly Torture[] = [...VALID, ...INVALID, ...SEMANTIC];

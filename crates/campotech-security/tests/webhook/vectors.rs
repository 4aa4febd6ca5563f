//! What senders sign, byte for byte. The vectors marked as documented are the senders' own; the others were made with Python's
//! `hmac` and OpenSSL.

use bytes::Bytes;
use campotech_security::webhook::{Scheme, Signed, WebhookVerifier};

use crate::{At, headers};

struct Vector {
    scheme: Scheme,
    secret: &'static str,
    at: u64,
    headers: &'static [(&'static str, &'static str)],
    query: Option<&'static str>,
    body: &'static str,
}

const EVENT: &str = "{\"id\":\"evt_1\",\"object\":\"event\"}";

const VECTORS: &[Vector] = &[
    // RFC 4231, test case 2.
    Vector {
        scheme: Scheme::Meta,
        secret: "Jefe",
        at: 0,
        headers: &[(
            "x-hub-signature-256",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        )],
        query: None,
        body: "what do ya want for nothing?",
    },
    Vector {
        scheme: Scheme::Meta,
        secret: "app-secret",
        at: 0,
        headers: &[(
            "x-hub-signature-256",
            "sha256=f685db4c946698bf105ff5b62e30bc1f78216f3914b12bb750f8992aa6748824",
        )],
        query: None,
        body: "",
    },
    Vector {
        scheme: Scheme::Meta,
        secret: "app-secret",
        at: 0,
        headers: &[(
            "x-hub-signature-256",
            "sha256=a99d3d96414dedb5ea49e929ad03f8ae424505ab2afc0b103a0bc5a85e482137",
        )],
        query: None,
        body: "{\"text\":\"ma\u{f1}ana \u{1f600}\"}",
    },
    // The same text, escaped in another way, is another body.
    Vector {
        scheme: Scheme::Meta,
        secret: "app-secret",
        at: 0,
        headers: &[(
            "x-hub-signature-256",
            "sha256=0D29E86A144AD2FC5B1AD9EACC990A31901ECCBCD8DB67FC64508EE4F2CFC9B9",
        )],
        query: None,
        body: "{\"text\":\"ma\\u00f1ana \\ud83d\\ude00\"}",
    },
    // Documented by GitHub: "Testing the webhook payload validation".
    Vector {
        scheme: Scheme::GitHub,
        secret: "It's a Secret to Everybody",
        at: 0,
        headers: &[
            (
                "x-hub-signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            ),
            ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        ],
        query: None,
        body: "Hello, World!",
    },
    Vector {
        scheme: Scheme::Stripe,
        secret: "whsec_test_secret",
        at: 1_492_774_577,
        headers: &[(
            "stripe-signature",
            "t=1492774577,v1=654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543,v0=6ffbb59b",
        )],
        query: None,
        body: EVENT,
    },
    // Of two signatures the second is ours: the sender rotates.
    Vector {
        scheme: Scheme::Stripe,
        secret: "whsec_old",
        at: 1_492_774_877,
        headers: &[(
            "stripe-signature",
            "t=1492774577,v1=654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543,v1=1d95cf3dccbc6b325136d01298e6f894dc35559d1958c99dd5d6998ae6f1d2df",
        )],
        query: None,
        body: EVENT,
    },
    Vector {
        scheme: Scheme::MercadoPago,
        secret: "mp-secret",
        at: 1_704_908_010,
        headers: &[
            (
                "x-signature",
                "ts=1704908010,v1=48538717cd593230833e590fe3e07b31281fcd8e06f3deacf508189b059453a7",
            ),
            ("x-request-id", "9f1c-22"),
        ],
        query: Some("data.id=123456&type=payment"),
        body: "{\"data\":{\"id\":\"123456\"}}",
    },
    // Milliseconds, and an id that is signed in lower case.
    Vector {
        scheme: Scheme::MercadoPago,
        secret: "mp-secret",
        at: 1_704_908_010,
        headers: &[
            (
                "x-signature",
                "ts=1704908010123, v1=f1fc5f7832209ce61ab40265a5e605dad5a73034c9121721b49eb71ad5c1d0ad",
            ),
            ("x-request-id", "9f1c-22"),
        ],
        query: Some("type=order&data.id=01JB2ABC"),
        body: "",
    },
    // Without a request id its part is left out.
    Vector {
        scheme: Scheme::MercadoPago,
        secret: "mp-secret",
        at: 1_704_908_010,
        headers: &[(
            "x-signature",
            "ts=1704908010,v1=955df9597a267c37e286013b4e4ebcc3e57261cd32c32d7433cb3833a0e1a2d1",
        )],
        query: Some("data.id=123456"),
        body: "",
    },
    // Of the tests of the Standard Webhooks libraries.
    Vector {
        scheme: Scheme::StandardWebhooks,
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        at: 1_614_265_330,
        headers: &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        query: None,
        body: "{\"test\": 2432232314}",
    },
    // The secret without its prefix; signatures of another key and of another version beside ours.
    Vector {
        scheme: Scheme::StandardWebhooks,
        secret: "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        at: 1_700_000_299,
        headers: &[
            ("webhook-id", "msg_2Yx"),
            ("webhook-timestamp", "1700000000"),
            (
                "webhook-signature",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,aGFsbG8= v1,RTxnafsPgfwhpfSWnxNGtDcCbpvaNcnLyogeAr6Xo/M=",
            ),
        ],
        query: None,
        body: "{\"nombre\":\"\u{d1}and\u{fa}\"}",
    },
];

#[test]
fn known_signatures_verify_and_others_do_not() {
    for (at, vector) in VECTORS.iter().enumerate() {
        let verifier = WebhookVerifier::new(vector.scheme, vector.secret).unwrap().with_clock(At(vector.at));
        let (given, body) = (headers(vector.headers), Bytes::from_static(vector.body.as_bytes()));
        let verified =
            verifier.verify(&given, vector.query, &body).unwrap_or_else(|why| panic!("{at}: {why}"));
        assert_eq!(verified.scheme(), vector.scheme);
        assert_eq!(verified.sent_at().is_some(), vector.scheme.signs_time());
        if vector.scheme.signs_body() {
            let kept = verified.body().unwrap();
            assert_eq!((kept.as_ptr(), kept), (body.as_ptr(), &body), "not a copy");
        } else {
            assert_eq!(verified.body(), None);
        }

        let other_body = Bytes::from([vector.body.as_bytes(), b" "].concat());
        let other = verifier.verify(&given, vector.query, &other_body);
        assert_eq!(other.is_ok(), !vector.scheme.signs_body(), "{at}");
        let stranger = WebhookVerifier::new(vector.scheme, crate::SECRET).unwrap().with_clock(At(vector.at));
        let secret_of_another = vector.secret != crate::SECRET && !crate::SECRET.ends_with(vector.secret);
        assert_eq!(stranger.verify(&given, vector.query, &body).is_err(), secret_of_another, "{at}");
    }
}

#[test]
fn what_is_vouched_for_is_in_the_type() {
    let of = |at: usize| {
        let vector = &VECTORS[at];
        let verifier = WebhookVerifier::new(vector.scheme, vector.secret).unwrap().with_clock(At(vector.at));
        verifier.verify(&headers(vector.headers), vector.query, &Bytes::from(vector.body)).unwrap()
    };
    let mercado_pago = |data_id: &str, request_id: Option<&str>| Signed::Identifiers {
        data_id: data_id.into(),
        request_id: request_id.map(Into::into),
    };
    assert_eq!(*of(7).signed(), mercado_pago("123456", Some("9f1c-22")));
    assert_eq!(*of(8).signed(), mercado_pago("01jb2abc", Some("9f1c-22")));
    assert_eq!(*of(9).signed(), mercado_pago("123456", None));
    assert_eq!(*of(4).signed(), Signed::Body(Bytes::from("Hello, World!")));
    assert_eq!(of(4).delivery(), Some("72d3162e-cc78-11e3-81ab-4c9367dc0958"));
    assert_eq!(of(10).delivery(), Some("msg_p5jXN8AQM9LWM0D4loKWxJek"));
    assert_eq!(of(5).delivery(), None);
    let shown = format!("{:?} {:?}", of(7), of(4));
    assert!(!shown.contains("123456") && !shown.contains("Hello"), "{shown}");
}

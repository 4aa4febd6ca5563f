//! The variables that every service on the platform has.

use super::Variable;

macro_rules! variables {
    ($( $ident:ident = $name:literal, $default:expr, $example:literal, $secret:literal, $meaning:literal; )*) => {
        $( #[doc = $meaning] pub(super) static $ident: Variable = Variable {
            name: $name, default: $default, meaning: $meaning, example: $example, secret: $secret,
        }; )*
        /// Every variable of the platform, in the order of the table in the documentation.
        pub static PLATFORM_VARIABLES: &[&Variable] = &[$(&$ident),*];
    };
}

variables! {
    LISTEN = "CAMPOTECH_LISTEN", Some("127.0.0.1:8080"), "0.0.0.0:8080", false, "public listener";
    ADMIN_LISTEN = "CAMPOTECH_ADMIN_LISTEN", None, "127.0.0.1:9090", false, "admin listener on a thread and runtime of its own; when set, metrics, status page, details and components live there only";
    TRUSTED_PROXIES = "CAMPOTECH_TRUSTED_PROXIES", None, "10.0.0.0/8,127.0.0.1", false, "networks whose forwarding headers count";
    CORS_ORIGINS = "CAMPOTECH_CORS_ORIGINS", None, "https://app.example.com,https://*.example.org", false, "origins that browsers may call from";
    RATE_STANDARD = "CAMPOTECH_RATE_STANDARD", Some("100/1m"), "100/1m", false, "quota of the standard tier, per client network";
    RATE_AUTH = "CAMPOTECH_RATE_AUTH", Some("10/15m"), "10/15m", false, "quota of the auth tier, exact in any window";
    RATE_WEBHOOK = "CAMPOTECH_RATE_WEBHOOK", Some("500/1m"), "500/1m", false, "quota of the webhook tier";
    MAX_BODY = "CAMPOTECH_MAX_BODY", Some("256KiB"), "256KiB", false, "largest request body after decompression (webhooks: 1 MiB)";
    REQUEST_DEADLINE = "CAMPOTECH_REQUEST_DEADLINE", Some("10s"), "10s", false, "time for the body to arrive (else 408) and for the handler to answer (else 503)";
    MAX_CONNECTIONS = "CAMPOTECH_MAX_CONNECTIONS", Some("10000"), "10000", false, "connections at once; requests on more are answered 503, probes as ever";
    DETECTION = "CAMPOTECH_DETECTION", Some("report"), "block", false, "attacks in the content of requests: off, report (told, and let pass) or block (refused with 400)";
    REPORT_ONLY = "CAMPOTECH_REPORT_ONLY", None, "csrf,rate_limit", false, "guards that tell what they would refuse, and refuse nothing, of `connections,csrf,overload,rate_limit,payload,inspect,deadline`";
    CLIENT_CONNECTIONS = "CAMPOTECH_CLIENT_CONNECTIONS", Some("1000"), "200", false, "connections at once of one client network (IPv4 address, IPv6 /64); more are closed; trusted proxies are not counted";
    CONNECTION_MAX_AGE = "CAMPOTECH_CONNECTION_MAX_AGE", Some("1h"), "5m", false, "age at which a connection is told to leave with its next answer, a tenth more or less, so that clients come to other replicas, too";
    PROXY_PROTOCOL = "CAMPOTECH_PROXY_PROTOCOL", None, "10.0.0.0/8", false, "networks of balancers whose connections begin with a PROXY header, which says who the client is";
    TLS_CERT = "CAMPOTECH_TLS_CERT", None, "/etc/campotech/tls.crt", false, "PEM file of certificates, with which the public listener speaks https; read again on SIGHUP and when it changes";
    TLS_KEY = "CAMPOTECH_TLS_KEY", None, "/etc/campotech/tls.key", false, "PEM file of the key of that certificate";
    DRAIN_DELAY = "CAMPOTECH_DRAIN_DELAY", Some("5s"), "5s", false, "time between SIGTERM (not ready at once) and the end of accepting";
    DRAIN_DEADLINE = "CAMPOTECH_DRAIN_DEADLINE", Some("25s"), "25s", false, "time from SIGTERM to the end of the process, whatever is left";
    EXTERNAL_CHECKS = "CAMPOTECH_EXTERNAL_CHECKS", None, "billing=http://10.0.0.7:8080/live", true, "HTTP dependencies to watch, as name=url, degrading";
    SENTRY_DSN = "SENTRY_DSN", None, "https://key@sentry.example.com/1", true, "where errors are sent; nothing is sent without it";
    SENTRY_ENVIRONMENT = "SENTRY_ENVIRONMENT", None, "production", false, "environment of the events";
    SENTRY_RELEASE = "SENTRY_RELEASE", None, "campotech-server@1.2.3", false, "release of the events";
    SENTRY_TRACES_SAMPLE_RATE = "SENTRY_TRACES_SAMPLE_RATE", Some("0"), "0.05", false, "share of requests that is traced, from 0 to 1";
    LOG = "CAMPOTECH_LOG", Some("info"), "info,campotech=debug", false, "what is logged, as a tracing filter";
    LOG_FORMAT = "CAMPOTECH_LOG_FORMAT", Some("text"), "json", false, "how it is logged: text or json";
}

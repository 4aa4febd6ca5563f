//! Names whose values never leave.

/// What a name may not contain, letters and digits only, in lower case.
const PARTS: [&str; 44] = [
    "password",
    "passwd",
    "passphrase",
    "contrasena",
    "clave",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "cookie",
    "csrf",
    "xsrf",
    "signature",
    "jwt",
    "bearer",
    "sessionid",
    "email",
    "correo",
    "phone",
    "telefono",
    "celular",
    "whatsapp",
    "cuit",
    "cuil",
    "documento",
    "cardnumber",
    "creditcard",
    "tarjeta",
    "cvv",
    "iban",
    "ipaddress",
    "clientip",
    "remoteaddr",
    "forwarded",
    "realip",
    "username",
    "fullname",
    "firstname",
    "lastname",
    "apellido",
    "birth",
];

/// What a name may not be: too short to look for within another.
const WHOLE: [&str; 15] = [
    "client",
    "pwd",
    "pass",
    "auth",
    "ip",
    "mail",
    "dni",
    "ssn",
    "pan",
    "pin",
    "cvc",
    "cbu",
    "otp",
    "dsn",
    "domicilio",
];

/// Ids of the protocol, which look like tokens; they stay where the value is an id.
const IDS: [&str; 8] =
    ["event_id", "trace_id", "span_id", "parent_span_id", "request_id", "public_key", "debug_id", "code_id"];

/// Whether a value of this name is filtered unseen.
pub(super) fn is_denied(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    WHOLE.contains(&plain.as_str()) || PARTS.iter().any(|part| plain.contains(part))
}

/// Whether `value` is an id of the protocol under its own name.
pub(super) fn is_id(name: &str, value: &str) -> bool {
    IDS.contains(&name)
        && (1..=36).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_punctuation() {
        for denied in [
            "password",
            "New-Password",
            "X_API_KEY",
            "x-auth-token",
            "Set-Cookie",
            "customer_phone",
            "IP",
            "userEmail",
        ] {
            assert!(is_denied(denied), "{denied}");
        }
        for fine in
            ["path", "author", "shipping", "status", "kind", "function", "lineno", "description", "company"]
        {
            assert!(!is_denied(fine), "{fine}");
        }
    }

    #[test]
    fn an_id_is_kept_only_where_it_is_one() {
        assert!(is_id("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"));
        assert!(!is_id("trace_id", "ana@example.com"));
        assert!(!is_id("other", "4bf92f3577b34da6a3ce929d0e0e4736"));
    }
}

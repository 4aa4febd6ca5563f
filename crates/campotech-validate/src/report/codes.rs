//! The codes of this crate: an interface, in every language. None of them ever changes its meaning.

use campotech_core::Localized;

use super::Code;

/// A code as it is published in `docs/reference/validation-codes.md`.
#[derive(Debug)]
pub struct Published {
    /// The code.
    pub code: &'static Code,
    /// What a body with this fault is answered with; in a path, a query or a header everything is a 400.
    pub status: u16,
    /// What it means, and which parameters it has.
    pub meaning: &'static str,
}

macro_rules! codes {
    (@status) => { 422 };
    (@status $status:literal) => { $status };
    ($( $(#[doc = $doc:literal])* $name:ident = $code:literal $($status:literal)?: $en:literal | $es:literal | $ar:literal )*) => {
        $( $(#[doc = $doc])* pub static $name: Code =
            Code::new($code, Localized { en: $en, es: $es, es_ar: $ar }); )*
        /// Every code of this module.
        pub static ALL: &[&Code] = &[$(&$name),*];
        /// Every code of this module, as it is published.
        pub static PUBLISHED: &[Published] =
            &[$(Published { code: &$name, status: codes!(@status $($status)?), meaning: concat!($($doc),*) }),*];
    };
}

codes! {
    /// Not JSON. Params: `offset` in bytes.
    JSON_SYNTAX = "json.syntax" 400: "This is not JSON." | "Esto no es JSON." | "Esto no es JSON."
    /// Nothing where JSON should be.
    JSON_EMPTY = "json.empty" 400: "The body is empty." | "El cuerpo está vacío." | "El cuerpo está vacío."
    /// Not UTF-8. Params: `offset`.
    JSON_UTF8 = "json.utf8" 400: "The body is not UTF-8." | "El cuerpo no está en UTF-8." | "El cuerpo no está en UTF-8."
    /// A byte order mark first.
    JSON_BOM = "json.bom" 400: "Leave the byte order mark out." | "Omita la marca de orden de bytes." | "Sacá la marca de orden de bytes."
    /// Nested too deeply. Params: `max`.
    JSON_DEPTH = "json.depth" 400: "At most {max} levels." | "Como máximo {max} niveles." | "Hasta {max} niveles."
    /// More values than are taken. Params: `max`.
    JSON_NODES = "json.nodes" 400: "At most {max} values." | "Como máximo {max} valores." | "Hasta {max} valores."
    /// An object of more members than are taken. Params: `max`.
    JSON_KEYS = "json.keys" 400: "At most {max} members in one object." | "Como máximo {max} miembros por objeto." | "Hasta {max} miembros por objeto."
    /// Half of a surrogate pair in an escape. Params: `offset`.
    JSON_SURROGATE = "json.surrogate" 400: "A text holds half of a surrogate pair." | "Un texto contiene medio par sustituto." | "Un texto tiene medio par sustituto."
    /// The body ended before it was complete.
    BODY_INCOMPLETE = "body.incomplete" 400: "The body did not arrive completely." | "El cuerpo no llegó completo." | "El cuerpo no llegó completo."
    /// A text, a name or a field of a form that is longer than is looked at. Params: `max`, in bytes.
    BODY_STRING = "body.string" 400: "At most {max} bytes of text in one place." | "Como máximo {max} bytes de texto en un mismo lugar." | "Hasta {max} bytes de texto en un mismo lugar."
    /// A form of more fields than are taken. Params: `max`.
    FORM_FIELDS = "form.fields" 400: "At most {max} fields." | "Como máximo {max} campos." | "Hasta {max} campos."
    /// A multipart body whose content type doesn't say where its parts end.
    MULTIPART_BOUNDARY = "multipart.boundary" 400: "Name the boundary in the content type." | "Indique el delimitador en el tipo de contenido." | "Indicá el delimitador en el tipo de contenido."
    /// A multipart body that RFC 7578 does not have. Params: `offset` in bytes.
    MULTIPART_SYNTAX = "multipart.syntax" 400: "This is not multipart/form-data." | "Esto no es multipart/form-data." | "Esto no es multipart/form-data."
    /// A part without a name.
    MULTIPART_NAME = "multipart.name" 400: "Every part needs a name." | "Cada parte necesita un nombre." | "Cada parte necesita un nombre."
    /// A file whose name is a path, or holds what no name holds.
    MULTIPART_FILE_NAME = "multipart.file_name" 400: "Send the file's name without a path and control characters." | "Envíe el nombre del archivo sin ruta ni caracteres de control." | "Mandá el nombre del archivo sin ruta ni caracteres de control."
    /// The body is over the limit.
    BODY_TOO_LARGE = "body.too_large" 413: "The body is too large." | "El cuerpo es demasiado grande." | "El cuerpo es demasiado grande."
    /// No content type.
    CONTENT_TYPE_MISSING = "content_type.missing" 415: "Say which type the body has." | "Indique el tipo del cuerpo." | "Indicá el tipo del cuerpo."
    /// More than one content type.
    CONTENT_TYPE_REPEATED = "content_type.repeated" 415: "Send one content type." | "Envíe un solo tipo de contenido." | "Mandá un solo tipo de contenido."
    /// Another content type than is read here. Params: `accepted`.
    CONTENT_TYPE_UNSUPPORTED = "content_type.unsupported" 415: "Send {accepted}." | "Envíe {accepted}." | "Mandá {accepted}."
    /// A charset other than UTF-8.
    CONTENT_TYPE_CHARSET = "content_type.charset" 415: "UTF-8 only." | "Solo UTF-8." | "Solo UTF-8."
    /// A content coding that isn't read here.
    CONTENT_ENCODING = "content_encoding.unsupported" 415: "Send the body without a content coding." | "Envíe el cuerpo sin codificación de contenido." | "Mandá el cuerpo sin codificación de contenido."

    /// A member or parameter that stands twice.
    DUPLICATE = "duplicate" 400: "It stands more than once." | "Aparece más de una vez." | "Aparece más de una vez."
    /// A parameter whose percent-encoding or UTF-8 is broken.
    ENCODING = "encoding" 400: "Its encoding is broken." | "Su codificación es incorrecta." | "Su codificación es incorrecta."
    /// A member or parameter that must be there.
    MISSING = "missing": "It is required." | "Es obligatorio." | "Es obligatorio."
    /// A member or parameter that nobody asked for.
    UNKNOWN = "unknown": "Nothing of this name is known here." | "No se conoce nada con este nombre." | "No conocemos nada con este nombre."
    /// Another type. Params: `expected`.
    TYPE = "type": "Expected: {expected}." | "Se esperaba: {expected}." | "Se esperaba: {expected}."
    /// None of the values in question. Params: `allowed`.
    VALUE = "value": "One of: {allowed}." | "Uno de: {allowed}." | "Uno de: {allowed}."
    /// Somebody has it already.
    TAKEN = "taken" 409: "It is already in use." | "Ya está en uso." | "Ya está en uso."
    /// A rule without a code of its own.
    RULE = "rule": "It is not valid." | "No es válido." | "No es válido."

    /// Too short, or too few. Params: `min`.
    LENGTH_MIN = "length.min": "At least {min}." | "Como mínimo {min}." | "Mínimo {min}."
    /// Too long, or too many. Params: `max`.
    LENGTH_MAX = "length.max": "At most {max}." | "Como máximo {max}." | "Máximo {max}."
    /// Too small. Params: `min`.
    RANGE_MIN = "range.min": "At least {min}." | "Como mínimo {min}." | "Mínimo {min}."
    /// Too large. Params: `max`.
    RANGE_MAX = "range.max": "At most {max}." | "Como máximo {max}." | "Máximo {max}."
    /// A number that can't be kept exactly.
    NUMBER_PRECISION = "number.precision": "The number can't be kept exactly." | "El número no se puede guardar con exactitud." | "El número no se puede guardar con exactitud."
    /// Not in the form that is asked for.
    PATTERN = "pattern": "It has another form." | "Tiene otra forma." | "Tiene otra forma."
    /// Something isn't in it that should be.
    CONTAINS = "string.contains": "It lacks a part." | "Le falta una parte." | "Le falta una parte."
    /// It begins otherwise.
    PREFIX = "string.prefix": "It must begin otherwise." | "Debe comenzar de otra manera." | "Tiene que empezar de otra manera."
    /// It ends otherwise.
    SUFFIX = "string.suffix": "It must end otherwise." | "Debe terminar de otra manera." | "Tiene que terminar de otra manera."
    /// Two fields that should be the same differ. Params: `field`.
    MATCHES = "matches": "It must be the same as {field}." | "Debe ser igual a {field}." | "Tiene que ser igual a {field}."
    /// Characters that aren't ASCII.
    ASCII = "ascii": "ASCII only." | "Solo ASCII." | "Solo ASCII."
    /// Neither letters nor digits.
    ALPHANUMERIC = "alphanumeric": "Letters and digits only." | "Solo letras y números." | "Solo letras y números."
    /// Must be set.
    REQUIRED = "required": "It is required." | "Es obligatorio." | "Es obligatorio."
    /// Not a URL.
    URL_INVALID = "url.invalid": "This is not a web address." | "No es una dirección web." | "No es una dirección web."
    /// Not an IP address.
    IP_INVALID = "ip.invalid": "This is not an IP address." | "No es una dirección IP." | "No es una dirección IP."
    /// Not a card number.
    CARD_INVALID = "card.invalid": "This is not a card number." | "No es un número de tarjeta." | "No es un número de tarjeta."

    /// A control character.
    TEXT_CONTROL = "text.control": "Leave control characters out." | "Omita los caracteres de control." | "Sacá los caracteres de control."
    /// A line break in a text of one line.
    TEXT_LINE = "text.line": "One line only." | "Una sola línea." | "Una sola línea."
    /// A character that changes the direction of writing.
    TEXT_BIDI = "text.bidi": "Leave characters that change the writing direction out." | "Omita los caracteres que cambian la dirección de escritura." | "Sacá los caracteres que cambian la dirección de escritura."
    /// A character that can't be seen.
    TEXT_INVISIBLE = "text.invisible": "Leave invisible characters out." | "Omita los caracteres invisibles." | "Sacá los caracteres invisibles."
    /// A code point that is no character.
    TEXT_NONCHARACTER = "text.noncharacter": "Leave code points out that are no characters." | "Omita los códigos que no son caracteres." | "Sacá los códigos que no son caracteres."
    /// Too many combining marks on one letter. Params: `max`.
    TEXT_MARKS = "text.marks": "At most {max} marks on one letter." | "Como máximo {max} marcas por letra." | "Hasta {max} marcas por letra."

    /// HTML that is longer than is looked at, markup included. Params: `max`, in bytes.
    HTML_LONG = "html.long": "At most {max} bytes, formatting included." | "Como máximo {max} bytes, con el formato incluido." | "Hasta {max} bytes, con el formato incluido."
    /// HTML of more structure than a note has: tags, attributes, elements within each other.
    HTML_COMPLEX = "html.complex": "Its formatting is too complex." | "Su formato es demasiado complejo." | "Tiene un formato demasiado complejo."

    /// A larger file than is taken. Params: `max`, in bytes.
    FILE_SIZE = "file.size": "A file of at most {max} bytes." | "Un archivo de {max} bytes como máximo." | "Un archivo de hasta {max} bytes."

    /// Not an address.
    EMAIL_SYNTAX = "email.syntax": "This is not an email address." | "No es una dirección de correo electrónico." | "No es una dirección de correo electrónico."
    /// The part before the `@` isn't taken.
    EMAIL_LOCAL = "email.local": "The part before the @ is not valid." | "La parte anterior a la @ no es válida." | "Lo que está antes de la @ no es válido."
    /// The part after the `@` is no domain name.
    EMAIL_DOMAIN = "email.domain": "The part after the @ is not a domain name." | "La parte posterior a la @ no es un nombre de dominio." | "Lo que está después de la @ no es un nombre de dominio."
    /// Too long for an address. Params: `max`, in octets.
    EMAIL_LENGTH = "email.length": "The address is too long." | "La dirección es demasiado larga." | "La dirección es demasiado larga."
    /// Not a telephone number.
    PHONE_INVALID = "phone.invalid": "This is not a telephone number." | "No es un número de teléfono." | "No es un número de teléfono."
    /// A number of another country. Params: `region`.
    PHONE_COUNTRY = "phone.country": "It must be an Argentine number." | "Debe ser un número argentino." | "Tiene que ser un número argentino."
    /// A number with too few digits.
    PHONE_SHORT = "phone.short": "The number has too few digits." | "Al número le faltan dígitos." | "Al número le faltan dígitos."
    /// A number with too many digits.
    PHONE_LONG = "phone.long": "The number has too many digits." | "Al número le sobran dígitos." | "Al número le sobran dígitos."
    /// A number without its area code.
    PHONE_AREA = "phone.area": "Add the area code, such as 11 or 351." | "Agregue el código de área, como 11 o 351." | "Agregá el código de área, como 11 o 351."
    /// A number of a block that nobody was assigned.
    PHONE_UNASSIGNED = "phone.unassigned": "There is no telephone number like this one." | "No existe un número de teléfono así." | "No existe un número de teléfono así."
    /// Not a mobile. Params: `region`.
    PHONE_MOBILE_REQUIRED = "phone.mobile_required": "It must be an Argentine mobile." | "Debe ser un celular argentino." | "Tiene que ser un celular argentino."
    /// A number that does not say its country.
    PHONE_PLUS = "phone.plus": "Begin with + and the country code." | "Comience con + y el código de país." | "Empezá con + y el código de país."
    /// A password of fewer code points than are asked for. Params: `min`.
    PASSWORD_SHORT = "password.short": "At least {min} characters." | "Como mínimo {min} caracteres." | "Mínimo {min} caracteres."
    /// A password that can't be stored. Params: `max`, in bytes.
    PASSWORD_LONG = "password.long": "At most {max} bytes." | "Como máximo {max} bytes." | "Hasta {max} bytes."
    /// A password that many people have.
    PASSWORD_COMMON = "password.common": "This password is among the first that attackers try." | "Esta contraseña está entre las primeras que prueban los atacantes." | "Esta contraseña está entre las primeras que prueban los atacantes."
    /// A password that repeats or follows a pattern.
    PASSWORD_PATTERN = "password.pattern": "This password repeats itself or follows a sequence." | "Esta contraseña se repite o sigue una secuencia." | "Esta contraseña se repite o sigue una secuencia."
    /// A password made of the service's or the user's own words.
    PASSWORD_PERSONAL = "password.personal": "This password is made of your own data or of the service's name." | "Esta contraseña está hecha con sus datos o con el nombre del servicio." | "Esta contraseña está hecha con tus datos o con el nombre del servicio."
    /// Not a hyphenated UUID.
    UUID_INVALID = "uuid.invalid": "This is not a UUID with hyphens." | "No es un UUID con guiones." | "No es un UUID con guiones."
    /// A cursor that we did not make, or made for another list.
    CURSOR_INVALID = "cursor.invalid": "Begin at the first page again." | "Vuelva a empezar en la primera página." | "Volvé a empezar en la primera página."
    /// A cursor that is too old.
    CURSOR_EXPIRED = "cursor.expired": "The cursor has expired. Begin at the first page again." | "El cursor venció. Vuelva a empezar en la primera página." | "El cursor venció. Volvé a empezar en la primera página."
    /// Not a CUIT or CUIL.
    CUIT_FORMAT = "cuit.format": "Eleven digits, with or without hyphens." | "Once dígitos, con o sin guiones." | "Once dígitos, con o sin guiones."
    /// A CUIT of an unknown kind.
    CUIT_PREFIX = "cuit.prefix": "The first two digits are not those of a CUIT." | "Los dos primeros dígitos no son los de un CUIT." | "Los dos primeros dígitos no son de un CUIT."
    /// A CUIT with a wrong digit.
    CUIT_CHECK = "cuit.check": "One of the digits is wrong." | "Uno de los dígitos es incorrecto." | "Uno de los dígitos está mal."
    /// Not a DNI.
    DNI_FORMAT = "dni.format": "Seven or eight digits, with or without dots." | "Siete u ocho dígitos, con o sin puntos." | "Siete u ocho dígitos, con o sin puntos."
    /// Not a CBU or CVU.
    CBU_FORMAT = "cbu.format": "Twenty-two digits." | "Veintidós dígitos." | "Veintidós dígitos."
    /// A CBU or CVU with a wrong digit.
    CBU_CHECK = "cbu.check": "One of the digits is wrong." | "Uno de los dígitos es incorrecto." | "Uno de los dígitos está mal."
    /// A CBU where a CVU is asked for.
    CVU_PREFIX = "cvu.prefix": "This is the account of a bank; a CVU begins with 000." | "Es una cuenta bancaria; un CVU comienza con 000." | "Es una cuenta bancaria; un CVU empieza con 000."
    /// Not an alias of an account.
    ALIAS_FORMAT = "alias.format": "6 to 20 letters without accents, digits, dots or hyphens." | "De 6 a 20 letras sin acentos, dígitos, puntos o guiones." | "De 6 a 20 letras sin acentos, dígitos, puntos o guiones."
    /// Not a number plate.
    PATENTE_FORMAT = "patente.format": "This is not a number plate, such as AB123CD or ABC123." | "No es una patente, como AB123CD o ABC123." | "No es una patente, como AB123CD o ABC123."
    /// Not a postal code.
    POSTAL_CODE_FORMAT = "postal_code.format": "A postal code such as C1425CLA or 1425." | "Un código postal como C1425CLA o 1425." | "Un código postal como C1425CLA o 1425."
    /// A postal code whose letter is no province's.
    POSTAL_CODE_PROVINCE = "postal_code.province": "No province has this letter." | "Ninguna provincia tiene esta letra." | "Ninguna provincia tiene esa letra."
    /// Not the number of an invoice.
    INVOICE_NUMBER = "invoice.number": "Point of sale and number, such as 00001-00000123." | "Punto de venta y número, como 00001-00000123." | "Punto de venta y número, como 00001-00000123."
    /// Not the type of an invoice.
    INVOICE_TYPE = "invoice.type": "This is not a type of invoice of ARCA." | "No es un tipo de factura de ARCA." | "No es un tipo de factura de ARCA."
    /// Not a CAE.
    CAE_FORMAT = "cae.format": "Fourteen digits." | "Catorce dígitos." | "Catorce dígitos."
    /// Not an amount of money.
    MONEY_FORMAT = "money.format": "An amount such as 1234.56." | "Un importe como 1234.56." | "Un importe como 1234.56."
    /// More decimals than are kept. Params: `max`.
    NUMBER_SCALE = "number.scale": "At most {max} decimals." | "Como máximo {max} decimales." | "Hasta {max} decimales."
    /// The point 0, 0.
    GEO_ZERO = "geo.zero": "0, 0 is the place of nothing." | "0, 0 no es ningún lugar." | "0, 0 no es ningún lugar."
    /// Latitude and longitude exchanged.
    GEO_SWAPPED = "geo.swapped": "Latitude and longitude seem to be exchanged." | "La latitud y la longitud parecen intercambiadas." | "La latitud y la longitud parecen cambiadas."
    /// Not a name for an address.
    SLUG_FORMAT = "slug.format": "Letters a to z and digits, with single hyphens between them." | "Letras de la a a la z y dígitos, separados por guiones." | "Letras de la a a la z y dígitos, separados por guiones."
    /// Not a point in time.
    TIMESTAMP_INVALID = "timestamp.invalid": "A date and time as in RFC 3339 is needed." | "Se necesita una fecha y hora según RFC 3339." | "Hace falta una fecha y hora según RFC 3339."
    /// A time without an offset.
    TIMESTAMP_OFFSET = "timestamp.offset": "Add the offset from UTC, such as -03:00." | "Agregue la diferencia con UTC, como -03:00." | "Agregá la diferencia con UTC, como -03:00."
}

/// The code of this name, if it is one of ours.
pub(crate) fn named(name: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.name == name).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), ALL.len());
        for code in ALL {
            assert!(code.name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_' | b'8')));
        }
    }
}

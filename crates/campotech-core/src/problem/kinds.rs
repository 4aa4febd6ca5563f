//! The kinds of problem that the platform answers with.

use http::StatusCode;

use super::{Localized, ProblemKind};

macro_rules! kinds {
    ($( $(#[$doc:meta])* $name:ident = $uri:literal $status:ident
        title: $ten:literal | $tes:literal | $tar:literal
        detail: $den:literal | $des:literal | $dar:literal )*) => {
        $( $(#[$doc])* pub static $name: ProblemKind = ProblemKind {
            uri: $uri,
            status: StatusCode::$status,
            title: Localized { en: $ten, es: $tes, es_ar: $tar },
            detail: Localized { en: $den, es: $des, es_ar: $dar },
        }; )*
        /// Every kind of this module.
        pub static ALL: &[&ProblemKind] = &[$(&$name),*];
    };
}

kinds! {
    /// The request can't be understood: its head, path, query, or the syntax of its body.
    BAD_REQUEST = "urn:campotech:problem:bad-request" BAD_REQUEST
    title: "Bad request" | "Solicitud incorrecta" | "Solicitud incorrecta"
    detail: "The request is malformed." | "La solicitud está mal formada." | "La solicitud está mal formada."

    /// The path or query holds faults, listed in `errors`.
    INVALID_PARAMETERS = "urn:campotech:problem:invalid-parameters" BAD_REQUEST
    title: "Invalid parameters" | "Parámetros no válidos" | "Parámetros inválidos"
    detail: "Correct the parameters listed in errors." | "Corrija los parámetros indicados en errors." | "Corregí los parámetros indicados en errors."

    /// The body is well-formed, and what it says is wrong; the faults are listed in `errors`.
    VALIDATION = "urn:campotech:problem:validation" UNPROCESSABLE_ENTITY
    title: "The request is not valid" | "La solicitud no es válida" | "La solicitud no es válida"
    detail: "Correct the fields listed in errors." | "Corrija los campos indicados en errors." | "Corregí los campos indicados en errors."

    /// No credentials, or none that are known.
    UNAUTHORIZED = "urn:campotech:problem:unauthorized" UNAUTHORIZED
    title: "Authentication required" | "Se requiere autenticación" | "Tenés que autenticarte"
    detail: "Send valid credentials." | "Envíe credenciales válidas." | "Enviá credenciales válidas."

    /// Known, and not allowed.
    FORBIDDEN = "urn:campotech:problem:forbidden" FORBIDDEN
    title: "Forbidden" | "Prohibido" | "Prohibido"
    detail: "This request is not allowed." | "Esta solicitud no está permitida." | "Esta solicitud no está permitida."

    /// Nothing is here, or nothing that this client may see.
    NOT_FOUND = "urn:campotech:problem:not-found" NOT_FOUND
    title: "Not found" | "No encontrado" | "No encontrado"
    detail: "There is nothing at this address." | "No hay nada en esta dirección." | "No hay nada en esta dirección."

    /// The resource does not know the method; `Allow` lists those it knows.
    METHOD_NOT_ALLOWED = "urn:campotech:problem:method-not-allowed" METHOD_NOT_ALLOWED
    title: "Method not allowed" | "Método no permitido" | "Método no permitido"
    detail: "Use one of the methods in Allow." | "Use uno de los métodos de Allow." | "Usá uno de los métodos de Allow."

    /// None of the media types in `Accept` can be served.
    NOT_ACCEPTABLE = "urn:campotech:problem:not-acceptable" NOT_ACCEPTABLE
    title: "Not acceptable" | "No aceptable" | "No aceptable"
    detail: "This resource has no representation that Accept allows." | "Este recurso no tiene una representación que Accept permita." | "Este recurso no tiene una representación que Accept permita."

    /// The client was too slow to send its request.
    REQUEST_TIMEOUT = "urn:campotech:problem:request-timeout" REQUEST_TIMEOUT
    title: "Request timeout" | "Tiempo de espera agotado" | "Se agotó el tiempo de espera"
    detail: "The request body took too long to arrive." | "El cuerpo de la solicitud tardó demasiado en llegar." | "El cuerpo de la solicitud tardó demasiado en llegar."

    /// The request contradicts the state of the resource.
    CONFLICT = "urn:campotech:problem:conflict" CONFLICT
    title: "Conflict" | "Conflicto" | "Conflicto"
    detail: "The request contradicts the state of the resource." | "La solicitud contradice el estado del recurso." | "La solicitud contradice el estado del recurso."

    /// The body is larger than the route takes.
    PAYLOAD_TOO_LARGE = "urn:campotech:problem:payload-too-large" PAYLOAD_TOO_LARGE
    title: "Payload too large" | "Contenido demasiado grande" | "Contenido demasiado grande"
    detail: "The body is larger than this resource accepts." | "El cuerpo es más grande de lo que este recurso acepta." | "El cuerpo es más grande de lo que este recurso acepta."

    /// The target is longer than the service takes.
    URI_TOO_LONG = "urn:campotech:problem:uri-too-long" URI_TOO_LONG
    title: "URI too long" | "URI demasiado larga" | "URI demasiado larga"
    detail: "The request target is longer than this service accepts." | "La dirección es más larga de lo que este servicio acepta." | "La dirección es más larga de lo que este servicio acepta."

    /// The body's media type, charset or content coding is not one the resource reads.
    UNSUPPORTED_MEDIA_TYPE = "urn:campotech:problem:unsupported-media-type" UNSUPPORTED_MEDIA_TYPE
    title: "Unsupported media type" | "Tipo de contenido no admitido" | "Tipo de contenido no admitido"
    detail: "Send the body in a media type and coding that this resource reads." | "Envíe el cuerpo en un tipo y una codificación que este recurso lea." | "Enviá el cuerpo en un tipo y una codificación que este recurso lea."

    /// The headers are more or larger than the service takes.
    HEADERS_TOO_LARGE = "urn:campotech:problem:headers-too-large" REQUEST_HEADER_FIELDS_TOO_LARGE
    title: "Request header fields too large" | "Encabezados demasiado grandes" | "Encabezados demasiado grandes"
    detail: "Send fewer or smaller headers." | "Envíe menos encabezados o más pequeños." | "Enviá menos encabezados o más chicos."

    /// Over a rate limit; `Retry-After` says when to come back.
    QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded" TOO_MANY_REQUESTS
    title: "Request cannot be satisfied as assigned quota has been exceeded" | "Se superó la cuota asignada" | "Superaste la cuota asignada"
    detail: "Wait as long as Retry-After says." | "Espere lo que indica Retry-After." | "Esperá lo que indica Retry-After."

    /// Over a rate limit again and again; `Retry-After` says when to come back.
    ABNORMAL_USAGE_DETECTED = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected" TOO_MANY_REQUESTS
    title: "Request not satisfied due to detection of abnormal request pattern" | "Se detectó un uso anormal" | "Detectamos un uso anormal"
    detail: "Wait as long as Retry-After says." | "Espere lo que indica Retry-After." | "Esperá lo que indica Retry-After."

    /// The service is busier than it can be and stays responsive.
    TEMPORARY_REDUCED_CAPACITY = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity" SERVICE_UNAVAILABLE
    title: "Request cannot be satisfied due to temporary server capacity constraints" | "El servicio tiene su capacidad reducida por el momento" | "El servicio tiene la capacidad reducida por el momento"
    detail: "Try again later." | "Inténtelo más tarde." | "Probá más tarde."

    /// Something that the answer depends on does not work.
    UNAVAILABLE = "urn:campotech:problem:unavailable" SERVICE_UNAVAILABLE
    title: "Service unavailable" | "Servicio no disponible" | "Servicio no disponible"
    detail: "The service can't answer this right now. Try again later." | "El servicio no puede responder ahora. Inténtelo más tarde." | "El servicio no puede responder ahora. Probá más tarde."

    /// The handler was not done by the request's deadline.
    DEADLINE_EXCEEDED = "urn:campotech:problem:deadline-exceeded" SERVICE_UNAVAILABLE
    title: "Deadline exceeded" | "Plazo superado" | "Se venció el plazo"
    detail: "The service took too long to answer. Try again later." | "El servicio tardó demasiado en responder. Inténtelo más tarde." | "El servicio tardó demasiado en responder. Probá más tarde."

    /// A fault of the service itself.
    INTERNAL = "urn:campotech:problem:internal" INTERNAL_SERVER_ERROR
    title: "Internal server error" | "Error interno del servidor" | "Error interno del servidor"
    detail: "The service failed. Its operators know the request by instance." | "El servicio falló. Sus operadores conocen la solicitud por instance." | "El servicio falló. Quienes lo operan conocen la solicitud por instance."
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn uris_are_unique_and_codes_are_kebab_case() {
        let uris: HashSet<_> = ALL.iter().map(|kind| kind.uri).collect();
        assert_eq!(uris.len(), ALL.len());
        for kind in ALL {
            let code = kind.code();
            assert!(!code.is_empty() && code.bytes().all(|b| b == b'-' || b.is_ascii_lowercase()), "{code}");
            assert!(kind.status.is_client_error() || kind.status.is_server_error());
        }
    }
}

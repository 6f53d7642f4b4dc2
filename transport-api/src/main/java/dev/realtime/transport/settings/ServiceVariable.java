package dev.realtime.transport.settings;

import java.util.regex.Pattern;

/**
 * What an orchestrator puts into the environment of a process for each service beside it: of a service {@code realtime},
 * Kubernetes sets {@code REALTIME_SERVICE_HOST}, {@code REALTIME_PORT=tcp://…} and more, and links of Docker set the like.
 * Nobody has written those, so they are no settings. Stateless.
 */
final class ServiceVariable {
    private static final String NUMBER = "[0-9]{1,5}";
    private static final String PROTOCOL = "(?:tcp|udp|sctp)";
    private static final String HOST = "[A-Za-z0-9._:%\\[\\]-]+";
    private static final String ADDRESS = PROTOCOL + "://" + HOST;

    /** The end of a name, and what its value then looks like. */
    private enum Form {
        SERVICE_HOST("SERVICE_HOST", HOST),
        SERVICE_PORT("SERVICE_PORT(?:_[A-Z0-9_]+)?", NUMBER),
        PORT("PORT(?:_START|_END)?", ADDRESS),
        PORT_OF("PORT_[0-9]{1,5}_(?:TCP|UDP|SCTP)(?:_START|_END)?", ADDRESS),
        PROTOCOL_OF("PORT_[0-9]{1,5}_(?:TCP|UDP|SCTP)_PROTO", PROTOCOL),
        NUMBER_OF("PORT_[0-9]{1,5}_(?:TCP|UDP|SCTP)_PORT(?:_START|_END)?", NUMBER),
        HOST_OF("PORT_[0-9]{1,5}_(?:TCP|UDP|SCTP)_ADDR", HOST),
        LINK("NAME", "/[^/]+/[^/]+");

        private final Pattern name;
        private final Pattern value;

        Form(String end, String value) {
            this.name = Pattern.compile("[A-Z0-9_]*[A-Z0-9]_" + end);
            this.value = Pattern.compile(value);
        }

        boolean fits(String name, String value) {
            return this.name.matcher(name).matches()
                    && this.value.matcher(value).matches();
        }
    }

    private ServiceVariable() {}

    /** By its value too: {@code REALTIME_PORT=8080} was written by somebody, who should hear that it means nothing. */
    static boolean is(String name, String value) {
        for (Form form : Form.values()) {
            if (form.fits(name, value)) {
                return true;
            }
        }
        return false;
    }
}

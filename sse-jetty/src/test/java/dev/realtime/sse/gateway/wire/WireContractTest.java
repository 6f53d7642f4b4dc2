package dev.realtime.sse.gateway.wire;

import dev.realtime.sse.gateway.equipment.Wire;
import org.junit.jupiter.api.Nested;

/** The whole contract of the wire, over every protocol that the gateway speaks. */
class WireContractTest {
    @Nested
    class FramesOverHttp11 extends FrameRules {
        FramesOverHttp11() {
            super(Wire.HTTP_1_1);
        }
    }

    @Nested
    class AnswersOverHttp11 extends AnswerRules {
        AnswersOverHttp11() {
            super(Wire.HTTP_1_1);
        }
    }

    @Nested
    class FramesOverH2c extends FrameRules {
        FramesOverH2c() {
            super(Wire.H2C);
        }
    }

    @Nested
    class AnswersOverH2c extends AnswerRules {
        AnswersOverH2c() {
            super(Wire.H2C);
        }
    }

    @Nested
    class FramesOverH2 extends FrameRules {
        FramesOverH2() {
            super(Wire.H2);
        }
    }

    @Nested
    class AnswersOverH2 extends AnswerRules {
        AnswersOverH2() {
            super(Wire.H2);
        }
    }

    @Nested
    class FramesOverHttp11AndTls extends FrameRules {
        FramesOverHttp11AndTls() {
            super(Wire.HTTP_1_1_OVER_TLS);
        }
    }

    @Nested
    class AnswersOverHttp11AndTls extends AnswerRules {
        AnswersOverHttp11AndTls() {
            super(Wire.HTTP_1_1_OVER_TLS);
        }
    }
}

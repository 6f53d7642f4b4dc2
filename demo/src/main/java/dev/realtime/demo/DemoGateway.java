package dev.realtime.demo;

import dev.realtime.sse.gateway.GatewayMain;
import java.io.IOException;
import java.io.OutputStream;

/** The gateway as the demo starts it: it ends when the demo does, however that ends. */
public final class DemoGateway {
    private DemoGateway() {}

    public static void main(String[] args) {
        Thread watch = new Thread(DemoGateway::endWithTheDemo, "demo-watch");
        watch.setDaemon(true);
        watch.start();
        GatewayMain.main(args);
    }

    /** Our standard input is a pipe from the demo; it ends when the demo's process does. */
    private static void endWithTheDemo() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException alsoItsEnd) {
            // as below
        }
        System.exit(0);
    }
}

package dev.realtime.demo;

/** {@code java -jar realtime-demo.jar}: starts the demo and runs until it is told to stop. */
public final class DemoMain {
    private static final String USAGE = """
            Realtime Transport demo: an embedded Postgres, two gateways on it, and one page that shows both.
              DEMO_PORT      the page's port (8080)
              DEMO_PORT_A    gateway A's port (8081)
              DEMO_PORT_B    gateway B's port (8082)
            """;

    private DemoMain() {}

    public static void main(String[] args) throws InterruptedException {
        System.setProperty("logback.configurationFile", "dev/realtime/demo/logback.xml");
        if (args.length > 0) {
            System.out.print(USAGE);
            return;
        }
        Progress progress = new Progress(System.out);
        try {
            run(new Demo(DemoSettings.from(System.getenv()), progress));
        } catch (DemoException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static void run(Demo demo) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(demo::close, "demo-stop"));
        try {
            demo.start();
        } catch (DemoException e) {
            if (!demo.isClosed()) {
                throw e;
            }
        }
    }
}

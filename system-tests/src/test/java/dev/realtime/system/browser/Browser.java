package dev.realtime.system.browser;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real Chromium without a window, as Debian installs it; nothing is ever downloaded. It does not outlive this JVM.
 * Not thread-safe.
 */
final class Browser implements AutoCloseable {
    private static final File CHROMIUM = new File("/usr/bin/chromium");
    private static final File DRIVER = new File("/usr/bin/chromedriver");
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    private final List<Object> scripts = new ArrayList<>();
    private final Path profile;
    private final ChromeDriver driver;
    private final String firstTab;
    private final Thread exit = new Thread(this::quit, "browser-exit");

    private Browser() throws IOException {
        profile = Files.createTempDirectory("realtime-browser");
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER)
                .usingAnyFreePort()
                .build();
        LoggingPreferences logging = new LoggingPreferences();
        logging.enable(LogType.BROWSER, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM);
        options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-proxy-server",
                "--user-data-dir=" + profile);
        driver = new ChromeDriver(service, options);
        firstTab = driver.getWindowHandle();
        Runtime.getRuntime().addShutdownHook(exit);
    }

    /** Starts it. Where there is none the test is skipped, and says so; where CI=true, it fails. */
    static Browser start() throws IOException {
        if (!CHROMIUM.canExecute() || !DRIVER.canExecute()) {
            String absent = "Browser tests are skipped: " + CHROMIUM + " and " + DRIVER + " are not both here";
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError("CI=true, but " + CHROMIUM + " and " + DRIVER + " are not both here");
            }
            // Past the redirection of the tests' own output, so that the build shows it.
            PrintStream build = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
            build.println(absent);
            assumeTrue(false, absent);
        }
        return new Browser();
    }

    void show(Object url) {
        driver.get(url.toString());
    }

    /** Opens one more tab, and turns to it; returns its name. */
    String openTab() {
        return driver.switchTo().newWindow(WindowType.TAB).getWindowHandle();
    }

    /** All that follows is about this tab. */
    void turnTo(String tab) {
        driver.switchTo().window(tab);
    }

    /** Closes the tab it is turned to; to be followed by {@link #turnTo}. */
    void closeTab() {
        driver.close();
    }

    /** What the page's script returns. */
    Object script(String script) {
        return driver.executeScript(script);
    }

    String text(String selector) {
        return String.valueOf(script("return document.querySelector('" + selector + "').innerText"));
    }

    void resize(int width, int height) {
        driver.manage().window().setSize(new Dimension(width, height));
    }

    void prefer(String colorScheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colorScheme))));
    }

    /** Runs this script before those of every page shown from now on, until the next {@link #asBefore}. */
    void beforeEachPage(String script) {
        Map<String, Object> added =
                driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
        scripts.add(added.get("identifier"));
    }

    /** Forgets what a test has asked of it. */
    void asBefore() {
        for (String tab : driver.getWindowHandles()) {
            turnTo(tab);
            if (!tab.equals(firstTab)) {
                closeTab();
            }
        }
        turnTo(firstTab);
        scripts.forEach(script ->
                driver.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", script)));
        scripts.clear();
        prefer("light");
        resize(1_280, 900);
        show("about:blank");
    }

    /** What the console shows as errors since the last call. */
    List<String> errors() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** Saves what it shows, for people. */
    void screenshot(String name) {
        try {
            Files.createDirectories(SCREENSHOTS);
            Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        Runtime.getRuntime().removeShutdownHook(exit);
        quit();
        try (Stream<Path> left = Files.walk(profile)) {
            left.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    private void quit() {
        driver.quit();
    }
}

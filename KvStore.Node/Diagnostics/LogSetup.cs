using Microsoft.Extensions.Logging.Console;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Where the log goes: to the console, a line an entry, and by OTLP where that is wanted (<see cref="Telemetry"/>). For people at
/// a terminal as text, in a container as JSON, with event ids and named values; <c>Logging:Console:FormatterName</c> says
/// otherwise. What comes while 2,500 entries wait (<c>Logging:Console:MaxQueueLength</c>) is dropped, and a line tells
/// how many were; <c>Logging:Console:QueueFullMode</c> says otherwise.
/// </summary>
internal static class LogSetup
{
    private const string FormatterSetting = "Logging:Console:FormatterName";
    private const string FullQueueSetting = "Logging:Console:QueueFullMode";

    public static void Configure(ILoggingBuilder logging, IConfiguration configuration, string nodeName)
    {
        logging.ClearProviders().AddConfiguration(configuration.GetSection("Logging"));
        // Whoever logs would wait for a console that takes nothing, renewals of the leases too. The host has read the settings before this.
        var whenFull = configuration.GetValue(FullQueueSetting, ConsoleLoggerQueueFullMode.DropWrite);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = whenFull);
        // The images of .NET set it.
        var isContainer = configuration.GetValue<bool>("DOTNET_RUNNING_IN_CONTAINER");
        var format = configuration[FormatterSetting] ?? (isContainer ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple);
        if (format == ConsoleFormatterNames.Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }

        logging.AddKvStoreLogExport(configuration, nodeName);
    }
}

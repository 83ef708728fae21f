namespace KvStore.Messages.Keys;

/// <summary>
/// The moment after which nobody waits for an answer any more, on this process's monotonic clock. Two machines' clocks are
/// never compared: the serializer writes the time that is left, and the receiver counts it down again from its arrival.
/// </summary>
/// <param name="Timestamp">A value of <see cref="TimeProvider.GetTimestamp"/>.</param>
public readonly record struct Deadline(long Timestamp)
{
    /// <summary>The deadline <paramref name="left"/> from now. One beyond what the clock can count is the last that it can.</summary>
    public static Deadline After(TimeSpan left, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);

        // Whole numbers: by way of seconds as a double, time would be lost at each hop.
        var units = (Int128)left.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond;
        return new((long)Int128.Clamp(time.GetTimestamp() + units, long.MinValue, long.MaxValue));
    }

    /// <summary>The time that is left, zero where it is past.</summary>
    public TimeSpan Left(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var now = time.GetTimestamp();
        return now >= Timestamp ? TimeSpan.Zero : time.GetElapsedTime(now, Timestamp);
    }

    public bool IsPast(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.GetTimestamp() >= Timestamp;
    }
}

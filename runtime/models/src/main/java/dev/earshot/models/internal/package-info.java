/** What the loaders of several networks share; not exported. */
package dev.earshot.models.internal;

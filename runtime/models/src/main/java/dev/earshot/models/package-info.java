/** dev.earshot.models. */
package dev.earshot.models;
